// What `kafka-transactions.sh --bootstrap-server B abort --topic T --partition P --start-offset N` does, with Apache's own admin client; the
// script itself is not among the jars that a broker needs.
// java -cp <jars> EndTransaction.java <brokers> <topic> <partition> <start offset>

import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;

public class EndTransaction {
  public static void main(String[] args) throws Exception {
    var where = new TopicPartition(args[1], Integer.parseInt(args[2]));
    long start = Long.parseLong(args[3]);
    try (var admin = Admin.create(Map.of("bootstrap.servers", args[0]))) {
      var producer = admin.describeProducers(List.of(where)).partitionResult(where).get().activeProducers().stream()
          .filter(one -> one.currentTransactionStartOffset().orElse(-1) == start).findFirst().orElseThrow();
      short epoch = (short) producer.producerEpoch();
      admin.abortTransaction(new AbortTransactionSpec(where, producer.producerId(), epoch, producer.coordinatorEpoch().orElse(0))).all().get();
      System.out.println(producer.producerId());
    }
  }
}
