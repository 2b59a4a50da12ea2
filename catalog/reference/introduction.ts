/** Writes what comes before the fields: what such a file is, how to read the page, and a whole one. */
export function introduction(example: string): string {
  return `# The catalog

<!-- Made by \`./slipway catalog reference > docs/catalog.md\` from contract/catalog/. -->

The catalog is a folder of YAML files, one for each service. A file says what the service is, where
it runs, and who may do what. The first file for a service of yours:
[your own service](your-own-service.md).

\`\`\`sh
./slipway catalog check                      # lists every problem, with file, line and path
./slipway catalog check --catalog another/folder
./slipway catalog schema > schema.json       # the JSON Schema, for editors
\`\`\`

An editor that knows YAML schemas shows these texts while you type, if the file begins with
\`# yaml-language-server: $schema=./schema.json\`.

- Fields that the catalog does not know are refused.
- \`\${SLIPWAY_…}\` in a text is replaced by that variable of the worker, and of the command that reads
  the file. An environment with a variable that is not set cannot be used; the others can. Outside of
  \`environments\` every variable must be set, else nothing of the file is used.
- A secret is never in the file. It is a reference: \`{secret: <name>}\` in the secret store of the
  target, or \`{variable: SLIPWAY_SECRET_<NAME>}\` of the worker.
- YAML's anchors, aliases and merge keys (\`&\`, \`*\`, \`<<\`) keep what environments share in one place.

On this page: [a whole file](#a-whole-file), [how to read this page](#how-to-read-this-page), and a
section for each of the [parts](#parts).

## A whole file

\`\`\`yaml
${example.trim()}
\`\`\`

Further ones are in [catalog/](../catalog) and [catalog/examples/](../catalog/examples).

## How to read this page

Each part of a file has a section. After the name of a field, brackets say what the field takes,
whether it is required, and its default. A field that takes *these* has its own fields listed below
it. If a part may be left out, its required fields are required only where the part is there. A link
leads to the section of a part.`;
}
