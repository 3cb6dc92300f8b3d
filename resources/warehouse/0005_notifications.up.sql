-- Who told what: of many machines that see a run end, one sends the mail. And how often a tick was begun.

CREATE TABLE quintile.sent_notifications (
  channel text NOT NULL,
  cause text NOT NULL,
  occasion text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('alarm', 'recovery')),
  outcome text NOT NULL CHECK (outcome IN ('claimed', 'sent', 'failed')),
  machine text NOT NULL,
  at timestamptz NOT NULL,
  reason text,
  PRIMARY KEY (channel, cause, occasion)
);
COMMENT ON TABLE quintile.sent_notifications IS 'One row per message that a machine took on itself to send; the primary key lets one machine alone send it';
COMMENT ON COLUMN quintile.sent_notifications.cause IS 'What is wrong: job or schedule, error code, check';
COMMENT ON COLUMN quintile.sent_notifications.occasion IS 'The run or the tick that showed it';
COMMENT ON COLUMN quintile.sent_notifications.reason IS 'Why it could not be sent; never with secrets';
CREATE INDEX sent_notifications_by_age ON quintile.sent_notifications (at);

ALTER TABLE quintile.schedule_ticks ADD COLUMN attempts integer NOT NULL DEFAULT 1;
COMMENT ON COLUMN quintile.schedule_ticks.attempts IS 'How many machines took the tick in hand; more than one where the holder before died or slept';
