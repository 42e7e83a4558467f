//! A Java program with a server and its client in one process tree.

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const PROGRAM: &str = r#"
import com.sun.net.httpserver.HttpServer;
import java.net.*;
import java.net.http.*;

public class Main {
    public static void main(String[] words) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 5);
            exchange.getResponseBody().write("hello".getBytes());
            exchange.close();
        });
        server.start();
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        HttpResponse<String> answer = HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.body());
        server.stop(0);
        if (words.length == 0) {
            String java = ProcessHandle.current().info().command().get();
            Process child = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), "Main", "child")
                .inheritIO().start();
            System.out.println(child.waitFor());
        }
        System.exit(0);
    }
}
"#;

/// The compiler, then the program, which starts its own interpreter once more.
#[test]
fn java_with_its_own_server_raises_no_alarm() {
    let _ = tools::needed("javac", "default-jdk-headless");
    let scene = Scene::new().file("Main.java", PROGRAM);

    let guest =
        is_no_alarm(scene, &["sh", "-c", "javac -d classes Main.java && java -cp classes Main"]);

    guest.prints("hello\nhello\n0\n");
}
