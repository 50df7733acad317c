// Validates HAR files named on the command line with har-schema and ajv; one line of JSON for each, with the errors.
const fs = require("fs");
const ajv = new (require("ajv"))({ schemaId: "auto", format: "full", allErrors: true });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-06.json"));
ajv.addSchema(Object.values(require("har-schema")));
for (const name of process.argv.slice(2)) {
    const har = JSON.parse(fs.readFileSync(name, "utf8"));
    const valid = ajv.validate("har.json#", har);
    const dates = har.log.entries.every((e) => !Number.isNaN(Date.parse(e.startedDateTime)));
    console.log(JSON.stringify({ name, valid, dates, errors: ajv.errors }));
}
