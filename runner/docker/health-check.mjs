// The image's HEALTHCHECK: succeeds while /healthz is green. What it answers is what `docker inspect` shows.

import { get } from "node:http";

const { KWF_ADMIN_HOST = "127.0.0.1", KWF_ADMIN_PORT = "8484" } = process.env;
const everywhere = ["0.0.0.0", "::"].includes(KWF_ADMIN_HOST);

process.exitCode = 1;
const request = get(
  { host: everywhere ? "127.0.0.1" : KWF_ADMIN_HOST, port: KWF_ADMIN_PORT, path: "/healthz", timeout: 4_000 },
  (response) => {
    if (response.statusCode === 200) process.exitCode = 0;
    response.pipe(process.stdout);
  },
);
request.on("timeout", () => request.destroy(new Error("no answer within 4 s")));
request.on("error", (error) => console.log(`/healthz: ${error.message}`));
