ALTER TABLE quintile.schedule_ticks DROP COLUMN attempts;
DROP TABLE quintile.sent_notifications;
