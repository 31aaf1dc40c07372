// The files of TLS: whom to trust, and who this client is. PEM, or for the latter a key store of Java's in PKCS12. All of it is tried here,
// so that a file that is no good is said to be that, and not met again as a connection that fails.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { Problem } from "../problem.js";
import { badSetting, type Settings } from "./settings.js";

interface File {
  readonly setting: string;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Throws Problem `bad-setting`. */
export function tlsSettings(settings: Settings): ConnectionOptions {
  const file = (...names: string[]) => read(settings, names);
  const authority = file("ssl.ca.location", "ssl.truststore.location");
  if (authority !== undefined) mustBeCertificate(authority);
  const servername = settings.get("ssl.server.name");
  // As in Java: given and empty means that the name in the certificate is not compared.
  const anyName = settings.given("ssl.endpoint.identification.algorithm") === "";
  return {
    ...(authority === undefined ? {} : { ca: authority.bytes }),
    ...ownCertificate(settings, file("ssl.certificate.location", "ssl.keystore.location"), file("ssl.key.location")),
    ...(servername === undefined ? {} : { servername }),
    ...(anyName ? { checkServerIdentity: () => undefined } : {}),
  };
}

function read(settings: Settings, names: readonly string[]): File | undefined {
  const setting = names.find((name) => settings.get(name) !== undefined);
  if (setting === undefined) return undefined;
  const path = settings.get(setting)!;
  try {
    return { setting, path, bytes: readFileSync(path) };
  } catch (error) {
    throw badSetting(setting, path, `a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function mustBeCertificate({ setting, path, bytes }: File): void {
  try {
    if (!isPem(bytes)) throw new Error("it is not PEM");
    new X509Certificate(bytes);
  } catch (error) {
    const advice = "`keytool -exportcert -rfc -alias NAME -keystore FILE` writes one from a store of Java's";
    throw badSetting(setting, path, `a PEM file with certificates (${(error as Error).message}; ${advice})`);
  }
}

function ownCertificate(
  settings: Settings,
  certificate: File | undefined,
  key: File | undefined = certificate,
): Pick<ConnectionOptions, "cert" | "key" | "pfx" | "passphrase"> {
  if (certificate === undefined) return {};
  const store = !isPem(certificate.bytes);
  const passphrase = store
    ? (settings.get("ssl.keystore.password") ?? settings.get("ssl.key.password"))
    : settings.get("ssl.key.password");
  const options = {
    ...(store ? { pfx: certificate.bytes } : { cert: certificate.bytes, key: key!.bytes }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  try {
    createSecureContext(options);
  } catch (error) {
    const files = [...new Set([certificate, key!])].map(({ setting, path }) => `${setting}=${path}`).join(", ");
    throw new Problem(
      "bad-setting",
      `the certificate of this client and its key cannot be used (${files}): ${(error as Error).message}. They are PEM files with ssl.key.password where the key is locked, or one PKCS12 file with ssl.keystore.password`,
    );
  }
  return options;
}

const isPem = (bytes: Buffer): boolean => bytes.includes("-----BEGIN ");
