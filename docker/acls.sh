#!/bin/sh
# The rights of each role: what a deny-by-default Kafka and a Redis user need for it, and nothing else.
#
#   docker/acls.sh kafka ROLE User:NAME      commands for Kafka's kafka-acls.sh
#   docker/acls.sh redis ROLE NAME           a command for redis-cli; fill the password in; each replica needs it too
#   docker/acls.sh redis-cluster ROLE NAME   the same for every node of a Redis Cluster
#   docker/acls.sh table                     all of them, as runbooks/operate.md shows them
#
# Look at what it prints, then pipe it to a shell. NAMESPACE, TOPIC and GROUP are those of the configuration (default
# gentally, generations, gentally); RECORDS is the topic that adapt reads (default records); BOOTSTRAP names a broker,
# COMMAND_CONFIG a file with an administrator's login. ROLE is worker, deployer (setup), reader (summaries, report,
# verify, signals --format, top), letters (dlq), signals, adapt, erase, producer (produce).
set -eu

namespace=${NAMESPACE:-gentally}
topic=${TOPIC:-generations}
group=${GROUP:-gentally}
records=${RECORDS:-records}

# role operation resource pattern name. Read and Write include Describe.
kafka_rights() {
    cat <<END_OF_RIGHTS
worker Read topic literal $topic
worker Read group literal $group
worker Write topic prefixed $namespace.
worker Read topic literal $namespace.ledger
worker Read topic literal $namespace.summaries.retention
worker Write transactional-id literal $namespace.closer
deployer Create topic literal $topic
deployer Describe topic literal $topic
deployer Create topic prefixed $namespace.
deployer Describe topic prefixed $namespace.
deployer DescribeConfigs topic prefixed $namespace.
deployer Read topic literal $namespace.ledger
deployer Read topic prefixed $namespace.summaries.
reader Read topic prefixed $namespace.summaries.
reader Read topic literal $namespace.ledger
reader Read topic literal $namespace.signals
letters Read topic literal $namespace.dead-letters
letters Read topic literal $namespace.redrives
letters Write topic literal $namespace.redrives
letters Write topic literal $topic
letters Write transactional-id literal $namespace.redrive
signals Read topic prefixed $namespace.summaries.
signals Read topic literal $namespace.ledger
signals Read topic literal $namespace.signals
signals Write topic literal $namespace.signals
adapt Read topic literal $records
adapt Read group literal $namespace.adapt.$records
adapt Write topic literal $topic
adapt Write topic literal $records.dead-letters
adapt Write transactional-id prefixed $namespace.adapt.$records.
erase Read topic literal $topic
erase Read topic prefixed $namespace.summaries.
erase Read topic literal $namespace.ledger
erase Read topic literal $namespace.dead-letters
erase Write topic prefixed $namespace.summaries.
erase Write topic literal $namespace.ledger
erase Write topic literal $namespace.dead-letters
erase Delete topic literal $namespace.dead-letters
erase Write transactional-id literal $namespace.closer
erase Write transactional-id literal $namespace.letters
producer Write topic literal $topic
END_OF_RIGHTS
}

counting="+fcall +fcall_ro +info +time +select +hgetall +hget +hlen +hmget +hscan +hset +hdel +exists +unlink"

redis_rights() {
    case $1 in
    worker) echo "$counting" ;;
    deployer) echo "$counting '+function|load'" ;; # the shell that this is piped to is not to see a pipe
    reader | letters) echo "+fcall_ro +info +select +hgetall +hget +hlen +hmget +hscan +exists" ;;
    erase) echo "$counting" ;;
    adapt) echo "+info +select +hget +hsetnx" ;; # with an account key; else it asks nothing of Redis
    esac
}
of_a_cluster="'+cluster|slots' '+cluster|info' +asking"

redis() {
    rights=$(redis_rights "$1")
    [ -n "$rights" ] || { echo "acls.sh: $1 asks nothing of Redis" >&2 && exit 64; }
    echo "redis-cli ACL SETUSER $2 on '>PASSWORD' resetchannels -@all '~$namespace:*' $rights${3:+ $3}"
}

kafka() {
    kafka_rights | while read -r role operation resource pattern name; do
        [ "$role" = "$1" ] || continue
        echo "kafka-acls.sh --bootstrap-server ${BOOTSTRAP:-localhost:9092}${COMMAND_CONFIG:+ --command-config" \
            "$COMMAND_CONFIG} --add --allow-principal $2 --operation $operation --$resource $name" \
            "--resource-pattern-type $pattern"
    done
}

table() {
    echo "| role | Kafka |"
    echo "|---|---|"
    for role in worker deployer reader letters signals adapt erase producer; do
        kafka_rights | while read -r of operation resource pattern name; do
            [ "$of" = "$role" ] || continue
            [ "$pattern" = literal ] || name="$name*"
            printf '%s %s `%s`; ' "$operation" "$(echo "$resource" | tr - ' ')" "$name"
        done | sed "s/^/| $role | /; s/; \$/ |\n/"
    done
}

case ${1:-} in
kafka) kafka "$2" "$3" ;;
redis) redis "$2" "$3" ;;
redis-cluster) redis "$2" "$3" "$of_a_cluster" ;;
table) table ;;
*)
    sed -n '2,13s/^# \{0,1\}//p' "$0"
    exit 64
    ;;
esac
