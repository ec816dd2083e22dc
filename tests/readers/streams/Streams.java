// Kafka Streams: summaries as a KTable, and sums of the days of each model, which follow it.
//
//   Streams BROKERS TOPIC APPLICATION FOLDER    state goes to FOLDER, so that a second start goes on there
//
// For each line on standard input: the sums so far, a line each, and a line with a full stop. It ends when that does.
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.connect.json.JsonDeserializer;
import org.apache.kafka.connect.json.JsonSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

public class Streams {
    private static StreamsBuilder topology(String topic) {
        StreamsBuilder builder = new StreamsBuilder();
        Serde<JsonNode> json = Serdes.serdeFrom(new JsonSerializer(), new JsonDeserializer());
        KTable<String, JsonNode> summaries = builder.table(topic, Consumed.with(Serdes.String(), json));
        summaries
                .filter((key, row) -> row.get("granularity").asText().equals("day"))
                .groupBy(
                        (key, row) -> KeyValue.pair(row.get("model_slug").asText(), row.get("requests").asLong()),
                        Grouped.with(Serdes.String(), Serdes.Long()))
                .reduce(Long::sum, (sum, old) -> sum - old, Materialized.as("requests"));
        return builder;
    }

    private static Properties settings(String[] arguments) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put("consumer.isolation.level", "read_committed");
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[3]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 200);
        settings.put("consumer.session.timeout.ms", 6000); // a killed one's partitions are soon the next one's
        return settings;
    }

    private static void print(KafkaStreams streams) throws InterruptedException {
        StoreQueryParameters<ReadOnlyKeyValueStore<String, Long>> query =
                StoreQueryParameters.fromNameAndType("requests", QueryableStoreTypes.keyValueStore());
        while (true) {
            StringBuilder sums = new StringBuilder();
            try (KeyValueIterator<String, Long> all = streams.store(query).all()) {
                all.forEachRemaining(sum -> sums.append(sum.key).append(' ').append(sum.value).append('\n'));
                System.out.println(sums.append("."));
                return;
            } catch (InvalidStateStoreException notYet) { // partitions are being given out
                Thread.sleep(100);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        try (KafkaStreams streams = new KafkaStreams(topology(arguments[1]).build(), settings(arguments))) {
            streams.start();
            while (in.readLine() != null) print(streams);
        }
    }
}
