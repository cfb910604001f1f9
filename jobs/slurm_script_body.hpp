#pragma once

namespace engram {

/// What in every batch script follows the values of one study (write_slurm_script). The signals,
/// exit codes and delays behind each rule were seen on Slurm 22.05 with Open MPI 4.1.
inline constexpr char const* slurm_script_body = R"bash(
if [[ -z ${SLURM_JOB_ID:-} ]]; then
  echo "$0 is for sbatch: sbatch $0" >&2
  exit 2
fi
# The last task of an array has the number of the whole array as its SLURM_JOB_ID.
job=$SLURM_JOB_ID
[[ -z ${SLURM_ARRAY_TASK_ID:-} ]] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
restarts=${SLURM_RESTART_COUNT:-0}
retry_s=${ENGRAM_SLURM_RETRY_S:-30}

say() { printf '%(%F %T)T engram: job %s: %s\n' -1 "$job" "$*"; }
leave() {
  say "${*:2}"
  exit "$1"
}
# In the background, as bash heeds signals only then.
pause() {
  sleep "$1" &
  wait "$!"
}

# Slurm's warning, or scancel -s USR1 -b: the study is to end in good order and the job to requeue itself.
# The launcher is passed SIGUSR1, never SIGTERM: srun would kill the ranks unheard, mpirun after a second.
asked='' terminated='' child=''
on_warning() {
  asked=yes
  [[ -z $child ]] || kill -USR1 "$child" 2>/dev/null
}
trap on_warning USR1
# scancel, scontrol requeue, preemption, a lost node: Slurm tells the ranks, and what becomes of the job is
# its choice.
trap 'terminated=yes' TERM

# Seconds until this allocation ends; nothing if there is no telling.
seconds_left() {
  if [[ -n ${SLURM_JOB_END_TIME:-} ]]; then
    echo $((SLURM_JOB_END_TIME - $(date +%s)))
    return
  fi
  local text number='([0-9]+)'
  # Without its controller, Slurm takes 18 s to say so.
  text=$(timeout 20 squeue --noheader --jobs="$job" --format=%L)
  if [[ $text =~ ^($number-)?($number:)?$number:$number$ ]]; then
    local days=${BASH_REMATCH[2]:-0} hours=${BASH_REMATCH[4]:-0}
    echo $(((10#$days * 24 + 10#$hours) * 3600 + 10#${BASH_REMATCH[5]} * 60 + 10#${BASH_REMATCH[6]}))
  elif [[ $text == INVALID ]]; then
    echo 0
  fi
}

# end_if_late <process> <seconds>: a launcher that waits for lost ranks would wait until the time limit, which
# ends the job for good.
end_if_late() {
  timeout "$2" tail --pid="$1" -f /dev/null && return
  kill -TERM "$1"
  timeout 5 tail --pid="$1" -f /dev/null || kill -KILL "$1"
} 2>/dev/null

# Runs what is missing of the study. Sets outcome, by the program's own word, to its exit code, or to "lost";
# to "late" if there is no time to run.
num_launches=0
launch() {
  local left ahead limits=() note
  outcome=late
  left=$(seconds_left)
  if [[ -n $left ]]; then
    ahead=$((left < 4 * warn_ahead ? left / 4 : warn_ahead))
    ((ahead > 1)) || return
    ENGRAM_SLURM_END_TIME=$(date +%s)
    ((ENGRAM_SLURM_END_TIME += left))
    export ENGRAM_SLURM_END_TIME
    limits=(--max-time "$((left - ahead))s" --grace "$((ahead / 2))s")
  fi
  ((num_launches += 1))
  note=$results.launch-$job-$restarts-$num_launches
  outcome=lost started=''
  ENGRAM_LAUNCH_NOTE=$note "${launcher[@]}" "${engram[@]}" run "$study" "${overrides[@]}" "${options[@]}" "${limits[@]}" &
  child=$!
  [[ -z $asked ]] || kill -USR1 "$child" 2>/dev/null
  [[ -z $left ]] || end_if_late "$child" $((left - ahead / 4)) &
  while :; do
    wait "$child"
    code=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=''
  if [[ -e $note ]]; then
    started=yes
    read -r outcome <"$note"
    [[ $outcome == [0-9] ]] || outcome=lost
    rm -f "$note"
  fi
  say "launch $num_launches: outcome $outcome; ${launcher[0]} ended with $code"
}

requeue() {
  local state
  ((restarts < max_requeues)) ||
    leave 4 "requeued $restarts times, which is the most allowed; submit it again to continue"
  for _ in 1 2 3 4 5; do
    state=$(timeout 20 squeue --noheader --jobs="$job" --format=%T)
    [[ -z $terminated && (-z $state || $state == RUNNING) ]] || leave 143 "ended by Slurm (${state:-TERM})"
    say "requeues itself"
    ! timeout 60 scontrol requeue "$job" || exit 4
    pause 10
  done
  leave 4 "cannot requeue itself; submit it again to continue"
}

mkdir -p "$(dirname "$results")"
rm -f "$results.launch-$job-"*
num_lost=0 num_busy=0
while :; do
  # Whether the study is finished is what its results file says, never an exit code.
  "${engram[@]}" slurm "$study" "${overrides[@]}" --finished 2>/dev/null
  case $? in
    0) leave 0 "the study is finished" ;;
    3) leave 3 "the study is finished; some trials failed" ;;
  esac
  [[ -z $terminated ]] || leave 143 "ended by Slurm; if it does not start again by itself, submit it to continue"
  [[ -z $asked ]] || requeue
  launch
  case $outcome in
    0) [[ -z ${SLURM_ARRAY_TASK_ID:-} ]] || leave 0 "this part of the study is done" ;;&
    2) leave 2 "bad input, see above" ;;
    3) leave 3 "ended by failed trials" ;;
    5) leave 5 "the results cannot be written, see above" ;;
    6) # The first life of this job may still run on a node that was cut off.
      ((++num_busy < 10)) || asked=yes
      pause "$retry_s"
      ;;
    4 | late) asked=yes ;;
    *)
      # A node that mpirun has lost would not start another launch, either.
      if ((code == 205 || ++num_lost > 1)); then asked=yes; fi
      [[ -n $started || $code == 205 || $restarts != 0 || $num_lost -lt 2 ]] ||
        leave 1 "the program did not start in two launches, see above"
      ;;
  esac
done
)bash";

}  // namespace engram
