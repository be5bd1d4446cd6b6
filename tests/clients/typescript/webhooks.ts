/** Receives webhooks at COURSES_PORT; WEBHOOK_SECRET is what `createWebhookEndpoint` returned. Ends after a ping. */

import { createServer, type IncomingHttpHeaders } from "node:http";

import { Webhook, WebhookVerificationError } from "standardwebhooks";

const webhook = new Webhook(process.env["WEBHOOK_SECRET"]!);
const seen = new Set<string>(); // in a table of yours, with a unique column

/** Throws for a message that is not signed by the secret, or older than five minutes. */
function receive(body: string, headers: IncomingHttpHeaders): { type: string } | null {
  webhook.verify(body, headers as Record<string, string>);
  const id = headers["webhook-id"] as string;
  if (seen.has(id)) return null;
  seen.add(id);
  return JSON.parse(body);
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = receive(Buffer.concat(chunks).toString(), request.headers); // byte for byte what arrived
    console.log(event?.type ?? "received before");
    response.writeHead(204).end(); // soon: do the work afterwards
    if (event?.type === "ping") server.close();
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log("refused");
    response.writeHead(400).end();
  }
});
server.listen(Number(process.env["COURSES_PORT"]), "127.0.0.1");
