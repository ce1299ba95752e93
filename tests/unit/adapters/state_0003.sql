BEGIN TRANSACTION;
CREATE TABLE acknowledgement (
	project VARCHAR(100) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	person TEXT NOT NULL, 
	at_ns BIGINT NOT NULL, 
	note TEXT NOT NULL, 
	PRIMARY KEY (project, name)
);
INSERT INTO "acknowledgement" VALUES('default','k','ann',1,'');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE alert (
	project VARCHAR(100) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	labels TEXT NOT NULL, 
	annotations TEXT NOT NULL, 
	starts_ns BIGINT NOT NULL, 
	ends_ns BIGINT, 
	PRIMARY KEY (project, fingerprint)
);
CREATE TABLE alert_group (
	project VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (project, digest)
);
CREATE TABLE alert_rule (
	project VARCHAR(100) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (project, digest)
);
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
CREATE TABLE attempt (
	sequence INTEGER NOT NULL, 
	message_id VARCHAR(64) NOT NULL, 
	project VARCHAR(100) NOT NULL, 
	receiver VARCHAR(100) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	number INTEGER NOT NULL, 
	at_ns BIGINT NOT NULL, 
	outcome VARCHAR(20) NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (sequence)
);
CREATE TABLE erasure (
	id VARCHAR(40) NOT NULL, 
	project VARCHAR(100) NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	value TEXT, 
	digest VARCHAR(64) NOT NULL, 
	upto BIGINT NOT NULL, 
	requested_ns BIGINT NOT NULL, 
	finished_ns BIGINT, 
	counts TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE incident (
	project VARCHAR(100) NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	detected_ns BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	PRIMARY KEY (project, id)
);
INSERT INTO "incident" VALUES('default','inc-548956eef0e6','open',1700000000000000000,1,'{"project":"default","id":"inc-548956eef0e6","title":"it is slow","gravity":"sev2","detected_ns":1700000000000000000,"status":"open","objective":"","keys":[],"pages":[],"members":[],"roles":{},"impact_ns":null,"first_bad_ns":null,"acknowledged_ns":null,"mitigated_ns":null,"resolved_ns":null,"hypotheses":[],"updates":[],"version":1}');
CREATE TABLE incident_event (
	project VARCHAR(100) NOT NULL, 
	incident VARCHAR(64) NOT NULL, 
	number BIGINT NOT NULL, 
	at_ns BIGINT NOT NULL, 
	person TEXT NOT NULL, 
	what VARCHAR(40) NOT NULL, 
	said TEXT NOT NULL, 
	PRIMARY KEY (project, incident, number)
);
INSERT INTO "incident_event" VALUES('default','inc-548956eef0e6',1,1700000000000000000,'ann','opened','{"title":"it is slow","gravity":"sev2","objective":"","detected_ns":1700000000000000000,"impact_ns":null}');
CREATE TABLE lease (
	name VARCHAR(200) NOT NULL, 
	holder VARCHAR(200) NOT NULL, 
	token BIGINT NOT NULL, 
	until_ns BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE outbox (
	sequence INTEGER NOT NULL, 
	id VARCHAR(64) NOT NULL, 
	project VARCHAR(100) NOT NULL, 
	receiver VARCHAR(100) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	message TEXT NOT NULL, 
	decided_ns BIGINT NOT NULL, 
	standing VARCHAR(20) NOT NULL, 
	due_ns BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	holder VARCHAR(200) NOT NULL, 
	until_ns BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (sequence), 
	UNIQUE (id)
);
CREATE TABLE project (
	name VARCHAR(100) NOT NULL, 
	created_ns BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "project" VALUES('default',1700000000000000000);
CREATE TABLE retention (
	project VARCHAR(100) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	days INTEGER, 
	PRIMARY KEY (project, kind)
);
INSERT INTO "retention" VALUES('default','bodies',7);
INSERT INTO "retention" VALUES('default','steps',90);
INSERT INTO "retention" VALUES('default','sessions',400);
INSERT INTO "retention" VALUES('default','facts',400);
CREATE TABLE setting (
	name VARCHAR(200) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "setting" VALUES('redaction.key','00ff');
CREATE TABLE silence (
	id VARCHAR(64) NOT NULL, 
	project VARCHAR(100) NOT NULL, 
	matchers TEXT NOT NULL, 
	starts_ns BIGINT NOT NULL, 
	ends_ns BIGINT NOT NULL, 
	author TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX outbox_lane ON outbox (standing, project, receiver, name);
CREATE INDEX attempt_time ON attempt (project, at_ns);
CREATE INDEX incident_status ON incident (project, status, detected_ns);
COMMIT;
