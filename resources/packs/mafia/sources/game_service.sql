-- The game service's database. Users are known here by the user service's ids. A lobby plays one game after the other; who
-- sits down for a game has a row in "LobbyPlayer".

CREATE TABLE "Lobby" (
  id text PRIMARY KEY,
  name varchar(255) NOT NULL,
  "maxPlayers" integer NOT NULL CHECK ("maxPlayers" BETWEEN 3 AND 30),
  status text NOT NULL CHECK (status IN ('OPEN', 'IN_GAME', 'CLOSED')),
  "createdById" text,
  "createdAt" timestamptz(3) NOT NULL,
  "updatedAt" timestamptz(3) NOT NULL
);
CREATE INDEX "Lobby_updatedAt_idx" ON "Lobby" ("updatedAt");

CREATE TABLE "Game" (
  id text PRIMARY KEY,
  "lobbyId" text NOT NULL REFERENCES "Lobby",
  status text NOT NULL CHECK (status IN ('RUNNING', 'FINISHED')),
  -- The last phase that was played, in this cycle; cycle 0 has none yet.
  cycle integer NOT NULL,
  phase text CHECK (phase IN ('NIGHT', 'DAY')),
  "playerCount" integer NOT NULL,
  winner text CHECK (winner IN ('MAFIA', 'CITIZENS', 'DRAW')),
  "startedAt" timestamptz(3) NOT NULL,
  "endedAt" timestamptz(3),
  "updatedAt" timestamptz(3) NOT NULL
);
CREATE INDEX "Game_lobbyId_idx" ON "Game" ("lobbyId", "startedAt");
CREATE INDEX "Game_updatedAt_idx" ON "Game" ("updatedAt");

CREATE TABLE "LobbyPlayer" (
  id text PRIMARY KEY,
  "lobbyId" text NOT NULL REFERENCES "Lobby",
  "userId" text NOT NULL,
  -- As the client of the day calls it: CIVILIAN, VILLAGER, MAFIA, SHERIFF, DOCTOR, DETECTIVE. Null before the game starts.
  role text,
  "joinedAt" timestamptz(3) NOT NULL,
  "isAlive" boolean,
  -- False from the moment at which the player leaves, which is "updatedAt" then.
  "isActive" boolean NOT NULL,
  "updatedAt" timestamptz(3) NOT NULL
);
CREATE INDEX "LobbyPlayer_lobbyId_idx" ON "LobbyPlayer" ("lobbyId", "userId");
CREATE INDEX "LobbyPlayer_updatedAt_idx" ON "LobbyPlayer" ("updatedAt");

CREATE TABLE "GameEvent" (
  id text PRIMARY KEY,
  "gameId" text NOT NULL REFERENCES "Game",
  cycle integer NOT NULL,
  phase text NOT NULL CHECK (phase IN ('NIGHT', 'DAY')),
  type text NOT NULL CHECK (type IN ('KILL', 'HEAL', 'RUMOR', 'VISIT', 'EXILE', 'ANNOUNCEMENT')),
  "actorId" text,
  "targetId" text,
  outcome text CHECK (outcome IN ('SUCCESS', 'BLOCKED', 'FAILED')),
  "occurredAt" timestamptz(3) NOT NULL
);
CREATE INDEX "GameEvent_gameId_idx" ON "GameEvent" ("gameId", "actorId");
CREATE INDEX "GameEvent_occurredAt_idx" ON "GameEvent" ("occurredAt");

CREATE TABLE "Vote" (
  id text PRIMARY KEY,
  "gameId" text NOT NULL REFERENCES "Game",
  cycle integer NOT NULL,
  "voterId" text NOT NULL,
  "targetId" text NOT NULL,
  outcome text CHECK (outcome IN ('SUCCESS', 'FAILED')),
  "castAt" timestamptz(3) NOT NULL
);
CREATE INDEX "Vote_gameId_idx" ON "Vote" ("gameId", "voterId");
CREATE INDEX "Vote_castAt_idx" ON "Vote" ("castAt");
