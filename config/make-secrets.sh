#!/bin/sh
# 第一次启动时生成口令,以后不再改动。Makes the secrets on the first start and never touches them again.
# Runs in the mosquitto image: it has sh, od and mosquitto_passwd.
set -eu
folder="${1:-/secrets}"
umask 022

# 文件所在的卷只挂给需要它的容器 the volume is mounted only where it is needed, hence readable there
make_secret() {
    if [ ! -s "$folder/$1" ]; then
        od -An -tx1 -N32 /dev/urandom | tr -d ' \n' > "$folder/$1.new"
        mv "$folder/$1.new" "$folder/$1"
        echo "made $1"
    fi
}

make_secret influx_token
make_secret influx_password
make_secret grafana_password
make_secret mqtt_password
make_secret mqtt_devices_password

# 账号:hub 给中枢,devices 给各种网关和平台 accounts: hub, and devices for gateways and platforms
if [ ! -s "$folder/mosquitto_passwd" ]; then
    : > "$folder/mosquitto_passwd.new"
    chmod 600 "$folder/mosquitto_passwd.new"
    mosquitto_passwd -b "$folder/mosquitto_passwd.new" hub "$(cat "$folder/mqtt_password")"
    mosquitto_passwd -b "$folder/mosquitto_passwd.new" devices "$(cat "$folder/mqtt_devices_password")"
    # mosquitto 以 1883 号用户运行 mosquitto runs as user 1883 in its image
    if [ "$(id -u)" = 0 ]; then
        chown 1883:1883 "$folder/mosquitto_passwd.new"
    fi
    mv "$folder/mosquitto_passwd.new" "$folder/mosquitto_passwd"
    echo "made mosquitto_passwd"
fi
