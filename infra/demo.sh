#!/bin/sh
# Runs `make demo`: writes a sample, converts it on an embedded farm of two workers, and reports on the job.
set -eu
rm -rf demo
mkdir -p demo
VOICEFARM_STATE="$PWD/demo/farm"
VOICEFARM_WORKERS=2
export VOICEFARM_STATE VOICEFARM_WORKERS
voicefarm sample demo/source.wav --seconds 200 --pitch-csv demo/source.pitch.csv
voicefarm convert demo/source.wav --voice bright -o demo/result.wav
voicefarm report 1 --picture demo/picture.png
echo "listen to demo/source.wav and demo/result.wav, and look at demo/picture.png"
