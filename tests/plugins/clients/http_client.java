// The client of Java: `java http_client.java BASE` asks twice and prints the answers. With a second word it
// sends a body only once the server tells it to.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

class Client {
    public static void main(String[] words) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest.Builder get = HttpRequest.newBuilder(URI.create(words[0] + "/users/42"));
        HttpRequest.Builder post = HttpRequest.newBuilder(URI.create(words[0] + "/users"))
            .header("Content-Type", "application/json")
            .expectContinue(words.length > 1)
            .timeout(Duration.ofSeconds(20))
            .POST(BodyPublishers.ofString("{\"name\": \"Ada\"}"));
        for (HttpRequest.Builder request : new HttpRequest.Builder[] {get, post}) {
            var answer = client.send(request.build(), BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
