// Asks the parser of Flink SQL about names, a line each: whether it takes them unquoted, as a column of a table that is
// made and of one that is read. Prints those that it refuses.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.flink.sql.parser.impl.FlinkSqlParserImpl;
import org.apache.flink.sql.parser.validate.FlinkSqlConformance;

public class Parse {
    private static final SqlParser.Config CONFIG =
            SqlParser.config()
                    .withParserFactory(FlinkSqlParserImpl.FACTORY)
                    .withConformance(FlinkSqlConformance.DEFAULT)
                    .withQuoting(Quoting.BACK_TICK)
                    .withUnquotedCasing(Casing.UNCHANGED);

    private static boolean takes(String statement) {
        try {
            SqlParser.create(statement, CONFIG).parseStmtList();
            return true;
        } catch (SqlParseException refused) {
            return false;
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String name; (name = in.readLine()) != null; ) {
            boolean isTaken = takes("CREATE TABLE t (" + name + " BIGINT)");
            isTaken &= takes("SELECT " + name + " FROM t WHERE " + name + " IS NOT NULL GROUP BY " + name);
            isTaken &= takes("SELECT t." + name + " AS " + name + " FROM t ORDER BY " + name);
            if (!isTaken) System.out.println(name);
        }
    }
}
