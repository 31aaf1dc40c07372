import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./Certificates.java", import.meta.url));

/** Files of a broker's certificate and a client's, each signed by itself: who trusts it has it as an authority. */
export interface Certificates {
  readonly password: string;
  readonly brokerKeyStore: string;
  readonly broker: string;
  readonly brokerKey: string;
  readonly clientKeyStore: string;
  readonly client: string;
  readonly clientKey: string;
}

export function makeCertificates(folder: string): Certificates {
  const password = "kwf-secret";
  mkdirSync(folder, { recursive: true });
  execFileSync("java", ["-XX:TieredStopAtLevel=1", PROGRAM, folder, password], { stdio: ["ignore", "pipe", "pipe"] });
  return {
    password,
    brokerKeyStore: join(folder, "broker.p12"),
    broker: join(folder, "broker.pem"),
    brokerKey: join(folder, "broker.key.pem"),
    clientKeyStore: join(folder, "client.p12"),
    client: join(folder, "client.pem"),
    clientKey: join(folder, "client.key.pem"),
  };
}
