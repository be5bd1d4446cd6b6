/** Which rules the published SDL and the operations keep; for each that is off or softened, why. */

import { readFileSync } from "node:fs";

import graphql from "@graphql-eslint/eslint-plugin";

const root = `${import.meta.dirname}/../../..`;
const schema = `${root}/schema/schema.graphql`;
const documents = `${root}/tests/schema/operations/*.graphql`;
const { configs } = graphql;

/** Values without a life of their own: the types that caches keep in what holds them, and the one viewer. */
const shape = readFileSync(`${root}/tests/clients/typescript/apps/shape.ts`, "utf8");
const VALUES = [...shape.split("EMBEDDED = ")[1].match(/\w+/g), "Viewer"];

const schemaRules = {
  ...configs["flat/schema-recommended"].rules,
  ...configs["flat/schema-relay"].rules,
  "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false }],
  "@graphql-eslint/no-scalar-result-type-on-mutation": "error",
  "@graphql-eslint/require-deprecation-date": "error",
  "@graphql-eslint/require-nullable-fields-with-oneof": "error",
  "@graphql-eslint/require-description": [
    "error",
    {
      types: true,
      DirectiveDefinition: true,
      EnumValueDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      ignoredSelectors: [
        // GraphQL's own directive, printed because older tools do not know it.
        "DirectiveDefinition[name.value=oneOf]",
        // Strawberry has no descriptions for the arguments of directives; the directive itself says it.
        "DirectiveDefinition[name.value=requiresScope] > InputValueDefinition",
      ],
    },
  ],
  "@graphql-eslint/strict-id-in-types": [
    "error",
    { exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "PageInfo", "Payload"] } },
  ],
  // The contract has `User.username` and `Match.match`, which are what people call them.
  "@graphql-eslint/no-typename-prefix": "off",
  // The contract has queues and lists that are read forwards only.
  "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
  // The contract has short plain lists beside connections, such as the lessons of a course.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
};

const operationRules = {
  ...configs["flat/operations-recommended"].rules,
  "@graphql-eslint/match-document-filename": [
    "error",
    { fileExtension: ".graphql", query: "snake_case", mutation: "snake_case", subscription: "snake_case" },
  ],
};

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema, documents } } },
  },
  { files: ["**/schema.graphql"], rules: schemaRules },
  { files: ["**/operations/*.graphql"], rules: operationRules },
];
