BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE api_key (
	id VARCHAR(40) NOT NULL, 
	project VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	scopes VARCHAR(200) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	created_ns BIGINT NOT NULL, 
	revoked_ns BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(project) REFERENCES project (name), 
	UNIQUE (digest)
);
INSERT INTO "api_key" VALUES('key_1','default','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','ingest,read','first key',1700000000000000000,NULL);
CREATE TABLE project (
	name VARCHAR(100) NOT NULL, 
	created_ns BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "project" VALUES('default',1700000000000000000);
CREATE TABLE setting (
	name VARCHAR(200) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "setting" VALUES('redaction.key','00ff');
COMMIT;
