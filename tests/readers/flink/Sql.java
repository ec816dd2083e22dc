// Flink SQL with a cluster inside this process: runs statements, and prints what the last of them gives as Flink does,
// its changelog, a row a line.
//
//   Sql < STATEMENTS    each ends with a semicolon at the end of a line
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

public class Sql {
    public static void main(String[] arguments) throws IOException {
        Configuration configuration = new Configuration();
        configuration.setString("restart-strategy.type", "none"); // what cannot be read ends it
        configuration.setString("parallelism.default", "1");
        configuration.setString("execution.checkpointing.interval", "500 ms");
        TableEnvironment flink =
                TableEnvironment.create(
                        EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build());
        String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        TableResult result = null;
        for (String statement : text.split(";\\s*\n"))
            if (!statement.isBlank()) result = flink.executeSql(statement);
        result.print();
    }
}
