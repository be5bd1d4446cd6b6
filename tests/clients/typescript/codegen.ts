/** What the typed client is generated from, and how our scalars arrive in TypeScript. */

import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../../schema/schema.graphql",
  documents: "../../schema/operations/*.graphql",
  generates: {
    "generated/courses.ts": {
      plugins: ["typescript-operations", "typed-document-node"],
    },
  },
  config: {
    enumsAsTypes: true,
    useTypeImports: true,
    scalars: {
      BigInt: "number",
      DateTime: "string",
      Decimal: "string",
      ID: "string",
      JSON: "unknown",
    },
  },
};

export default config;
