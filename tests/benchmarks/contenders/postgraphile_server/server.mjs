// PostGraphile over the tables as they are: node server.mjs <port> <database url> <processes>
import cluster from "node:cluster";
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [port, connectionString, processes] = process.argv.slice(2);

if (Number(processes) > 1 && cluster.isPrimary) {
  for (let number = 0; number < Number(processes); number++) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  const preset = {
    extends: [PostGraphileAmberPreset],
    pgServices: [
      makePgService({ connectionString, schemas: ["public"], poolConfig: { max: 4 } }),
    ],
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
    grafast: { explain: false },
  };
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(port), "127.0.0.1");
}
