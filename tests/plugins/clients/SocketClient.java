import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/** A client of raw sockets, as socket_client.py: tcp, udp (connected) and udpto. */
public class SocketClient {
    private static final int PATIENCE_MS = 1000;

    public static void main(String[] words) throws IOException {
        String host = words[1];
        int port = Integer.parseInt(words[2]);
        try {
            if (words[0].equals("tcp")) {
                stream(host, port, words);
            } else {
                datagrams(host, port, words, words[0].equals("udp"));
            }
        } catch (ConnectException error) {
            System.out.println("refused");
        } catch (SocketTimeoutException error) {
            System.out.println("timeout");
        } catch (SocketException error) {
            System.out.println(error.getMessage().contains("reset") ? "reset" : error.toString());
        }
    }

    private static void stream(String host, int port, String[] words) throws IOException {
        try (Socket socket = new Socket(host, port)) {
            socket.setSoTimeout(PATIENCE_MS);
            for (int i = 3; i < words.length; i++) {
                if (words[i].startsWith("send:")) {
                    socket.getOutputStream().write(words[i].substring(5).getBytes());
                } else if (words[i].equals("hear")) {
                    byte[] bytes = new byte[1 << 16];
                    int got = socket.getInputStream().read(bytes);
                    System.out.println(got < 0 ? "end" : "heard " + new String(bytes, 0, got));
                } else if (words[i].equals("shut")) {
                    socket.shutdownOutput();
                } else {
                    tell(socket.getInetAddress(), socket.getPort());
                }
            }
        }
    }

    private static void datagrams(String host, int port, String[] words, boolean connected) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(host), port);
            socket.setSoTimeout(PATIENCE_MS);
            if (connected) {
                socket.connect(address);
            }
            for (int i = 3; i < words.length; i++) {
                if (words[i].startsWith("send:")) {
                    byte[] bytes = words[i].substring(5).getBytes();
                    socket.send(new DatagramPacket(bytes, bytes.length, address));
                } else if (words[i].equals("hear")) {
                    DatagramPacket packet = new DatagramPacket(new byte[1 << 16], 1 << 16);
                    socket.receive(packet);
                    String text = "heard " + new String(packet.getData(), 0, packet.getLength());
                    String from = " from " + packet.getAddress().getHostAddress() + " " + packet.getPort();
                    System.out.println(text + (connected ? "" : from));
                } else {
                    tell(socket.getInetAddress(), socket.getPort());
                }
            }
        }
    }

    private static void tell(InetAddress address, int port) {
        System.out.println("peer " + address.getHostAddress() + " " + port);
    }
}
