// Kafka Connect, standalone.
//
//   Connect WORKER.properties CONNECTOR.properties
import org.apache.kafka.connect.cli.ConnectStandalone;

public class Connect {
    public static void main(String[] arguments) {
        ConnectStandalone.main(arguments);
    }
}
