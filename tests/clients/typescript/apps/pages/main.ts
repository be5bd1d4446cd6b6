/** `/?client=apollo`: lets one client tell the story, and shows what it says. */

import { visit, type Connect } from "./story.ts";

const clients: Record<string, () => Promise<{ connect: Connect }>> = {
  apollo: () => import("./apollo.ts"),
  relay: () => import("./relay.ts"),
  urql: () => import("./urql.ts"),
};
const asked = new URLSearchParams(location.search);
const { connect } = await clients[asked.get("client")!]!();
await visit(connect, asked.get("token")!, (line) => console.info(line));
console.info("done");
