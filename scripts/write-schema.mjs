/** Writes dist/cluster.schema.json (JSON Schema 2020-12) from the one schema that also validates and types. */
