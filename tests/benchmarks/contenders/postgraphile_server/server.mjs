// PostGraphile over the tables as they are: node server.mjs <port> <database url> <processes> [--same-rules]
// With the option it recognises the token of each request, and asks as that person, see same_rules.mjs.
import cluster from "node:cluster";
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { recogniser } from "./same_rules.mjs";

const [port, connectionString, processes] = process.argv.slice(2);
const sameRules = process.argv.includes("--same-rules");

if (Number(processes) > 1 && cluster.isPrimary) {
  for (let number = 0; number < Number(processes); number++) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  const pool = new pg.Pool({ connectionString, max: 4 });
  const preset = {
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ pool, schemas: sameRules ? ["public", "same_rules"] : ["public"] })],
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
    grafast: sameRules ? { explain: false, context: recogniser(pool) } : { explain: false },
  };
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(port), "127.0.0.1");
}
