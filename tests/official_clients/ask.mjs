// Asks the Admin API with Shopify's own client. Standard input: {storeDomain, accessToken, at, retries, asks:
// [{operation, variables}]}; standard output: what the client returned for each of `asks`. The client knows the shop
// by its own https address only; a fetch of one's own is its documented way to send the calls elsewhere.
import { readFileSync } from "node:fs";
import { createAdminApiClient } from "@shopify/admin-api-client";

const { storeDomain, accessToken, at, retries, asks } = JSON.parse(readFileSync(0, "utf8"));
const logged = [];
const client = createAdminApiClient({
  storeDomain,
  accessToken,
  apiVersion: "2026-10",
  retries,
  logger: (row) => logged.push(row.type),
  customFetchApi: (url, init) => fetch(url.replace(`https://${storeDomain}`, at), init),
});
const answers = [];
for (const { operation, variables } of asks) {
  const { data, errors, extensions } = await client.request(operation, { variables });
  const { response: _, ...named } = errors ?? {};
  answers.push({ data, errors: errors && named, extensions });
}
process.stdout.write(JSON.stringify({ answers, logged, url: client.getApiUrl() }));
