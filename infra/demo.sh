#!/bin/sh
# What `make demo` does: a sample, its conversion on an embedded farm of two workers, and what became of it.
set -eu
rm -rf demo
mkdir -p demo
VOICEFARM_STATE="$PWD/demo/farm"
VOICEFARM_WORKERS=2
export VOICEFARM_STATE VOICEFARM_WORKERS
voicefarm sample demo/source.wav --seconds 200 --pitch-csv demo/source.pitch.csv
voicefarm convert demo/source.wav --voice bright -o demo/result.wav
voicefarm report 1 --picture demo/picture.png
echo "demo/source.wav, demo/result.wav and demo/picture.png are yours to hear and see"
