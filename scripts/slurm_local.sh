#!/usr/bin/env bash
# A real SLURM on this machine alone, for tests: as root on Debian or Ubuntu, without systemd, with nothing under /etc.
#   slurm_local.sh start            installs it if it is missing, starts munged, slurmctld and slurmd, waits until they are idle
#   slurm_local.sh stop             cancels all jobs and stops the three
#   eval "$(slurm_local.sh env)"    lets a shell, or a test, reach it
# Partitions: debug, the default, and urgent, whose jobs preempt those of debug, which are requeued.
# SLURM_LOCAL_DIR: its folder. SLURM_LOCAL_CPUS: processors it believes to have. SLURM_LOCAL_PORT: the first of two.
set -euo pipefail

folder=${SLURM_LOCAL_DIR:-${TMPDIR:-/tmp}/slurm_local}
port=${SLURM_LOCAL_PORT:-16817}
cpus=${SLURM_LOCAL_CPUS:-$(($(nproc) < 4 ? 4 : $(nproc)))}
export SLURM_CONF=$folder/slurm.conf

install_slurm() {
  command -v slurmctld slurmd munged sbatch >/dev/null && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    slurmctld slurmd slurm-client munge >/dev/null
}

configure() {
  mkdir -p "$folder"/{state,log,run}
  chmod 755 "$folder" "$folder/run"
  if [ ! -s "$folder/munge.key" ]; then
    dd if=/dev/urandom of="$folder/munge.key" bs=1 count=1024 status=none
    chmod 400 "$folder/munge.key"
  fi
  local megabytes=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 * 9 / 10))
  # cred_expire: a requeued job starts again after so many seconds. linuxproc and no task plugin: no cgroups needed.
  cat >"$SLURM_CONF" <<CONF
ClusterName=local
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthInfo=socket=$folder/run/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=2
KillWait=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=local NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$cpus RealMemory=$megabytes State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE PriorityTier=1 State=UP
PartitionName=urgent Nodes=ALL MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF State=UP
CONF
}

start() {
  install_slurm
  configure
  munged --key-file="$folder/munge.key" --socket="$folder/run/munge.socket" --pid-file="$folder/run/munged.pid" \
    --seed-file="$folder/munge.seed" --log-file="$folder/log/munged.log"
  slurmctld
  slurmd -N local
  for _ in $(seq 120); do
    [ "$(sinfo --noheader --partition=debug --format=%T 2>/dev/null)" = idle ] && return
    sleep 0.5
  done
  echo "SLURM did not become idle within a minute:" >&2
  tail -n 20 "$folder"/log/*.log >&2
  stop
  return 1
}

stop() {
  scancel --user="$(id -un)" 2>/dev/null || true
  for _ in $(seq 60); do # else their processes would outlive the daemons that watch over them
    [ -n "$(squeue --noheader 2>/dev/null)" ] || break
    sleep 0.5
  done
  for name in slurmd slurmctld munged; do
    local pid
    pid=$(cat "$folder/run/$name.pid" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done
}

case "${1:-}" in
  start | stop) "$1" ;;
  env) echo "export SLURM_CONF=$SLURM_CONF" ;;
  *)
    sed -n '2,7s/^# //p' "$0"
    exit 2
    ;;
esac
