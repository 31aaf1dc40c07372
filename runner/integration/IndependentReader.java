// Reads what is committed on topics with Apache's own client, which knows nothing of kwf: one line of JSON a record, in order per partition.
// java -cp <jars> IndependentReader.java <brokers> <topic>...

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

public class IndependentReader {
  public static void main(String[] args) {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", args[0], "isolation.level", "read_committed", "enable.auto.commit", false,
        "allow.auto.create.topics", false, "client.id", "independent-reader",
        // A fetch that still waits for more of the topic before is in the way of the next one.
        "fetch.max.wait.ms", 10);
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      for (String topic : Arrays.asList(args).subList(1, args.length)) {
        for (var info : consumer.partitionsFor(topic)) {
          var where = new TopicPartition(topic, info.partition());
          consumer.assign(List.of(where));
          consumer.seekToBeginning(List.of(where));
          long end = consumer.endOffsets(List.of(where)).get(where);
          while (consumer.position(where) < end) {
            for (var record : consumer.poll(Duration.ofMillis(200))) {
              System.out.println("[" + text(topic.getBytes(StandardCharsets.UTF_8)) + "," + text(record.key()) + "," + text(record.value()) + "]");
            }
          }
        }
      }
    }
  }

  static String text(byte[] bytes) {
    if (bytes == null) return "null";
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : new String(bytes, StandardCharsets.UTF_8).toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < ' ') quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }
}
