-- The user service's database, as its own program keeps it: names in CamelCase, ids as text, amounts without a sign.

CREATE TABLE "User" (
  id text PRIMARY KEY,
  username varchar(255) NOT NULL UNIQUE,
  email varchar(255) NOT NULL UNIQUE,
  "createdAt" timestamptz(3) NOT NULL,
  "updatedAt" timestamptz(3) NOT NULL
);
CREATE INDEX "User_updatedAt_idx" ON "User" ("updatedAt");

-- No foreign keys to "User": what a deleted account did stays in the books.
CREATE TABLE "Device" (
  id text PRIMARY KEY,
  "userId" text NOT NULL,
  platform text NOT NULL CHECK (platform IN ('WEB', 'ANDROID', 'IOS', 'DESKTOP')),
  "createdAt" timestamptz(3) NOT NULL
);
CREATE INDEX "Device_userId_idx" ON "Device" ("userId");

CREATE TABLE "CurrencyTransaction" (
  id text PRIMARY KEY,
  "userId" text NOT NULL,
  type text NOT NULL CHECK (type IN ('ADD', 'SUBTRACT')),
  amount numeric(10,2) NOT NULL CHECK (amount > 0),
  description text,
  "createdAt" timestamptz(3) NOT NULL
);
CREATE INDEX "CurrencyTransaction_createdAt_idx" ON "CurrencyTransaction" ("createdAt");

CREATE TABLE "AccessEvent" (
  id text PRIMARY KEY,
  "userId" text NOT NULL,
  "deviceId" text,
  ip text,
  country text,
  "seenAt" timestamptz(3) NOT NULL
);
CREATE INDEX "AccessEvent_seenAt_idx" ON "AccessEvent" ("seenAt");
