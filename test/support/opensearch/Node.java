import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Runs one OpenSearch node until standard input ends. Arguments: its folder, and the port of its HTTP API. */
public class Node {
  public static void main(String[] args) throws Exception {
    try (OpenSearchRunner runner = new OpenSearchRunner()) {
      runner
          .onBuild(
              (number, settings) -> {
                settings.put("http.port", args[1]);
                settings.put("transport.port", "0");
                settings.put("network.host", "127.0.0.1");
              })
          .build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).clusterName("cali-test"));
      System.out.println("ready");
      while (System.in.read() >= 0) {}
    }
  }
}
