// Makes two self-signed certificates with the JDK's keytool, `broker` for 127.0.0.1 and localhost, `client` for a client: NAME.p12, and as PEM
// NAME.pem and NAME.key.pem, which keytool cannot write.
// java Certificates.java <folder> <password>

import java.io.IOException;
import java.nio.file.*;
import java.security.KeyStore;
import java.util.*;

public class Certificates {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    String password = args[1];
    for (String name : List.of("broker", "client")) {
      Path file = folder.resolve(name + ".p12");
      keytool("-genkeypair", "-alias", name, "-dname", "CN=" + name, "-ext", "SAN=IP:127.0.0.1,DNS:localhost",
          "-keyalg", "EC", "-validity", "3650", "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", password);
      KeyStore store = KeyStore.getInstance(file.toFile(), password.toCharArray());
      pem(folder.resolve(name + ".pem"), "CERTIFICATE", store.getCertificate(name).getEncoded());
      pem(folder.resolve(name + ".key.pem"), "PRIVATE KEY", store.getKey(name, password.toCharArray()).getEncoded());
    }
  }

  static void keytool(String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of(args));
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) throw new IOException("keytool ended with " + status);
  }

  static void pem(Path file, String what, byte[] bytes) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
  }
}
