DROP TABLE outcome_event, audit_item, reco_item, reco_run, client_master_profile;
DROP FUNCTION stamp_update() CASCADE;
