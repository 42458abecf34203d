#!/bin/sh
# Makes the passwords of the farm, all different, in the folder secrets/ beside compose.yaml:
#   ./secrets.sh                 all that are missing, and .env; passwords in an older .env are taken over
#   ./secrets.sh worker box1     keys for the workers on one more machine: secrets/box1.toml, which is its voicefarm.toml
set -eu
umask 077
cd "$(dirname "$0")"
# The files belong to whoever runs this, and the containers' users, which do not exist on this machine, must be able to
# read them; the folder keeps everybody else out.
mkdir -p secrets
chmod 700 secrets

fail() {
    echo "$1" >&2
    exit 1
}

command -v openssl >/dev/null || fail "openssl is not installed; it makes the passwords"

[ -f .env ] || cp env.example .env

old() { # NAME: its value in an older .env, if any
    sed -n "s/^$1=//p" .env | tail -n 1
}

secret() { # FILE NAME [PREFIX [BYTES]]: make a secret unless it is there
    if [ ! -s "secrets/$1" ]; then
        value=$(old "$2")
        printf %s "${value:-${3:-}$(openssl rand -hex "${4:-32}")}" >"secrets/$1"
    fi
}

kept() { # FILE
    cat "secrets/$1"
}

hashed() { # PASSWORD: as Redis stores it
    printf %s "$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1
}

# NAME BROKER_HOST S3_HOST [NAME_IN_ENV]: make an account on Redis, a key on S3, and the file with both for a worker
add_worker() {
    if [ $# -gt 3 ]; then password=$(old "$4"); else password=; fi
    password=${password:-$(openssl rand -hex 32)}
    key=GK$(openssl rand -hex 12)
    key_secret=$(openssl rand -hex 32)
    sed -n "s/^user worker on >PASSWORD /user $1 on #$(hashed "$password") /p" redis/worker.acl >>secrets/users.acl
    echo "$1 $key $key_secret" >>secrets/worker_keys
    cat >"secrets/$1.toml" <<TOML
broker_url = "redis://$1:$password@$2:6379/0"
objects_url = "s3://$bucket"
objects_endpoint = "http://$3:3900"
objects_region = "garage"
objects_access_key = "$key"
objects_secret_key = "$key_secret"
TOML
}

bucket=$(old S3_BUCKET)
bucket=${bucket:-voicefarm}

secret redis_password REDIS_PASSWORD
secret postgres_password POSTGRES_PASSWORD
secret postgres_owner_password POSTGRES_OWNER_PASSWORD
secret postgres_dispatcher_password POSTGRES_DISPATCHER_PASSWORD
secret s3_access_key S3_ACCESS_KEY GK 12
secret s3_secret_key S3_SECRET_KEY
secret s3_rpc_secret S3_RPC_SECRET
secret s3_admin_token S3_ADMIN_TOKEN
secret flower_password FLOWER_PASSWORD

if [ ! -s secrets/users.acl ]; then
    {
        echo "user default on #$(hashed "$(kept redis_password)") ~* &* +@all"
        # For compose's health check, which then needs no password.
        echo "user health on nopass resetkeys resetchannels -@all +ping"
    } >secrets/users.acl
fi
broker="redis://default:$(kept redis_password)@redis:6379/0"
cat >secrets/dispatcher.toml <<TOML
broker_url = "$broker"
database_url = "postgresql://voicefarm_dispatcher:$(kept postgres_dispatcher_password)@postgres:5432/voicefarm"
objects_access_key = "$(kept s3_access_key)"
objects_secret_key = "$(kept s3_secret_key)"
TOML
cat >secrets/migrate.toml <<TOML
broker_url = "redis://redis:6379/0"
database_url = "postgresql://voicefarm_owner:$(kept postgres_owner_password)@postgres:5432/voicefarm"
TOML
echo "broker_url = \"$broker\"" >secrets/flower.toml
echo "basic_auth = [\"voicefarm:$(kept flower_password)\"]" >secrets/flowerconfig.py
# The gate recognises the owner by this; the S3 server checks the signature.
echo "\"~^AWS4-HMAC-SHA256 Credential=$(kept s3_access_key)/\" 1;" >secrets/gate_owner.map
[ -s secrets/worker.toml ] || add_worker worker redis gate REDIS_WORKER_PASSWORD

if [ $# -gt 0 ]; then
    if [ "$1" != worker ] || [ $# -ne 2 ]; then fail "usage: $0 [worker MACHINE]"; fi
    case $2 in
    *[!a-z0-9-]* | '' | -*) fail "'$2' cannot name a machine; use small letters, digits and hyphens" ;;
    worker | dispatcher | migrate | flower | default | health) fail "'$2' is taken; choose another name" ;;
    esac
    [ ! -e "secrets/$2.toml" ] || fail "secrets/$2.toml exists already; remove it and its line in users.acl first"
    server=$(old FARM_BIND)
    case $server in
    '' | 127.*) fail "set FARM_BIND in .env to this server's address first; other machines cannot reach it otherwise" ;;
    esac
    add_worker "$2" "$server" "$server"
    echo "secrets/$2.toml is the voicefarm.toml of $2; 'docker compose restart redis' and 'docker compose run --rm bucket'" \
        "make its keys known"
fi
chmod 644 secrets/*
# Without FARM_SECRETS compose refuses to start.
{
    grep -v '^FARM_SECRETS=' .env || true
    echo "FARM_SECRETS=./secrets"
} >.env.new
mv .env.new .env
