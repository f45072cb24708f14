import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Runs one OpenSearch node until standard input ends. Arguments: its folder, the port of its HTTP API, and `secured` for one with the
 * security plugin, whose files are in the folder's `node_1/config`.
 */
public class Node {
  private static final String SSL = "plugins.security.ssl.transport.";

  public static void main(String[] args) throws Exception {
    boolean isSecured = args.length > 2;
    OpenSearchRunner.Configs configs =
        OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).clusterName("cali-test");
    try (OpenSearchRunner runner = new OpenSearchRunner()) {
      runner
          .onBuild(
              (number, settings) -> {
                settings.put("http.port", args[1]);
                settings.put("transport.port", "0");
                settings.put("network.host", "127.0.0.1");
                if (isSecured) {
                  settings.put(SSL + "pemcert_filepath", "node.pem");
                  settings.put(SSL + "pemkey_filepath", "node.key");
                  settings.put(SSL + "pemtrustedcas_filepath", "node.pem");
                  settings.put(SSL + "enforce_hostname_verification", "false");
                  settings.put("plugins.security.ssl.http.enabled", "false");
                  settings.put("plugins.security.allow_default_init_securityindex", "true");
                  settings.put("plugins.security.nodes_dn.0", "CN=node");
                  settings.put("plugins.security.restapi.roles_enabled.0", "all_access");
                  settings.put("plugins.security.audit.type", "noop");
                }
              })
          .build(
              isSecured ? configs.pluginTypes("org.opensearch.security.OpenSearchSecurityPlugin") : configs);
      System.out.println("ready");
      while (System.in.read() >= 0) {}
    }
  }
}
