import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Hashtable;
import java.util.Set;
import java.util.TreeSet;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.InitialDirContext;

/** Looks up by libc (`lookup NAME`) and by the JDK's own resolver (`TYPE NAME`), as many as wanted. */
public class DnsClient {
    public static void main(String[] words) {
        for (int at = 0; at < words.length; at += 2) {
            System.out.println(words[at] + " " + lookUp(words[at], words[at + 1]));
        }
    }

    private static String lookUp(String kind, String name) {
        try {
            return String.join(" ", kind.equals("lookup") ? addresses(name) : records(kind, name));
        } catch (UnknownHostException | NamingException error) {
            return error.getClass().getSimpleName();
        }
    }

    private static Set<String> addresses(String name) throws UnknownHostException {
        Set<String> found = new TreeSet<>();
        for (InetAddress address : InetAddress.getAllByName(name)) {
            found.add(address.getHostAddress());
        }
        return found;
    }

    private static Set<String> records(String kind, String name) throws NamingException {
        Hashtable<String, String> settings = new Hashtable<>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
        settings.put(Context.PROVIDER_URL, "dns:");
        settings.put("com.sun.jndi.dns.timeout.initial", "300");
        settings.put("com.sun.jndi.dns.timeout.retries", "2");
        Set<String> found = new TreeSet<>();
        NamingEnumeration<?> all =
                new InitialDirContext(settings).getAttributes(name, new String[] {kind}).get(kind).getAll();
        while (all.hasMore()) {
            found.add(all.next().toString());
        }
        return found;
    }
}
