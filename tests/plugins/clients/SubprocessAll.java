/* Starts mocked programs with ProcessBuilder and Runtime, and says what came of each. */
import java.io.File;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

class SubprocessAll {
    static void say(String name, Process process) throws Exception {
        String output = new String(process.getInputStream().readAllBytes()).replace("\n", "|");
        String error = new String(process.getErrorStream().readAllBytes()).replace("\n", "|");
        System.out.println(name + ": " + process.waitFor() + " " + output + " " + error);
    }

    static ProcessBuilder of(String... command) {
        return new ProcessBuilder(command);
    }

    public static void main(String[] arguments) throws Exception {
        say("start", of("orderctl", "list").start());
        say("fail", of("orderctl", "fail").start());
        say("crash", of("orderctl", "crash").start());
        say("directory", of("orderctl", "here").directory(new File("/usr")).start());
        ProcessBuilder staged = of("orderctl", "stage");
        staged.environment().put("STAGE", "test");
        say("environment", staged.start());
        Process reader = of("orderctl", "add", "-").start();
        reader.getOutputStream().write("two\n".getBytes());
        reader.getOutputStream().close();
        say("stdin", reader);
        say("runtime", Runtime.getRuntime().exec(new String[] {"orderctl", "list"}));
        try {
            of("missing-tool").start();
        } catch (IOException error) {
            System.out.println("not-found: " + error.getMessage().contains("error=2"));
        }
        Process slow = of("orderctl", "slow").start();
        System.out.println("alive: " + slow.waitFor(200, TimeUnit.MILLISECONDS) + " " + slow.isAlive());
        slow.destroy(); // which closes its streams
        System.out.println("destroyed: " + slow.waitFor());
    }
}
