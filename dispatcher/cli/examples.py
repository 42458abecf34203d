"""Lines to try, which the help of each command ends with; a test parses every one of them."""

#: By the words of the command, without `voicefarm` itself.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "": (
        "voicefarm convert talk.wav --voice bright",
        "voicefarm voice list",
        "voicefarm jobs",
    ),
    "convert": (
        "voicefarm convert talk.wav --voice bright",
        "voicefarm convert talks/ --voice deep -o out/ --format flac --skip-existing",
        "voicefarm convert talk.wav --voice bright --pitch -2 --formant-shift 1.5",
        "voicefarm convert --manifest lines.csv --voice deep -o out/ --dry-run",
        "voicefarm convert interview.wav --voice deep --channels each",
        "voicefarm convert song.wav --voice deep --channels left --mix-back --rate 48000",
    ),
    "submit": (
        "voicefarm submit talk.wav --voice deep",
        "voicefarm submit talks/*.mp3 --voice deep --batch talks --require studio-a --priority high",
    ),
    "jobs": ("voicefarm jobs", "voicefarm jobs --state failed --limit 100", "voicefarm jobs --json"),
    "plan": ("voicefarm plan talks/ --voice deep", "voicefarm plan --manifest lines.csv --json"),
    "audition": ("voicefarm audition talk.wav --voice deep,bright --set pitch=-2,0,2 --at 1:30",),
    "watch": ("voicefarm watch inbox/ -o out/ --voice deep --done done/",),
    "batches": ("voicefarm batches",),
    "show": ("voicefarm show 7", "voicefarm show talks"),
    "cancel": ("voicefarm cancel 7 8 9", "voicefarm cancel talks"),
    "retry": ("voicefarm retry 7",),
    "priority": ("voicefarm priority urgent 7",),
    "fetch": ("voicefarm fetch 7 -o talk.deep.wav", "voicefarm fetch talks -o out/ --wait"),
    "voice": ("voicefarm voice list", "voicefarm voice show deep"),
    "voice list": ("voicefarm voice list", "voicefarm voice list --json"),
    "voice show": ("voicefarm voice show deep",),
    "voice add": (
        "voicefarm voice add anna anna.pth --index anna.index --default pitch=12",
        "voicefarm voice add giant --like deep --set formant_shift=-5",
    ),
    "voice export": ("voicefarm voice export anna -o anna-for-mac",),
    "voice remove": ("voicefarm voice remove anna",),
    "model": ("voicefarm model pull", "voicefarm model list"),
    "model add": ("voicefarm model add hubert_base.pt --name contentvec",),
    "model pull": ("voicefarm model pull", "voicefarm model pull rmvpe"),
    "model remove": ("voicefarm model remove rmvpe",),
    "top": ("voicefarm top", "voicefarm top --every 10"),
    "workers": ("voicefarm workers", "voicefarm workers --all --since 30d"),
    "report": (
        "voicefarm report 7",
        "voicefarm report 7 --picture talk.png",
        "voicefarm report 7 --trace talk.json",
        "voicefarm report --since 12h",
    ),
    "metrics": ("voicefarm metrics", "voicefarm metrics --serve"),
    "quality": (
        "voicefarm quality talk.wav talk.deep.wav",
        "voicefarm quality talk.wav talk.anna.wav --pitch 4 --target-speaker anna.flac --picture talk.png",
    ),
    "bench": ("voicefarm bench run --short", "voicefarm bench compare benchmarks/old benchmarks/new --fail-on 10%"),
    "bench run": ("voicefarm bench run", "voicefarm bench run --only cpu --short -o benchmarks"),
    "bench farm": (
        "voicefarm bench farm --short",
        "voicefarm bench farm --only cuda --worker cuda.h200-1@studio",
        "voicefarm bench farm --last -o benchmarks",
    ),
    "bench table": ("voicefarm bench table", "voicefarm bench table benchmarks from-the-other-studio"),
    "bench compare": ("voicefarm bench compare benchmarks/old benchmarks/new --fail-on 10%",),
    "init": (
        "voicefarm init",
        "voicefarm init --role worker --broker-url redis://box1:…@server:6379/0 --objects-url s3://voicefarm --yes",
    ),
    "completion": (
        'eval "$(voicefarm completion bash)"',
        'eval "$(voicefarm completion zsh)"',
        "voicefarm completion fish | source",
    ),
    "up": ("voicefarm up", "voicefarm up --workers 2 --no-flower"),
    "dispatcher": ("voicefarm dispatcher", "voicefarm dispatcher --only studio --studios 8"),
    "worker": ("voicefarm worker --tag studio-a", "voicefarm worker --only cpu"),
    "worker-key": ("voicefarm worker-key add box1", "voicefarm worker-key list"),
    "worker-key add": ("voicefarm worker-key add box1",),
    "worker-key remove": ("voicefarm worker-key remove box1",),
    "chain": ("voicefarm chain add podcast 'highpass 80 | loudness -16 | limit -1'", "voicefarm chain effects"),
    "chain add": ("voicefarm chain add podcast 'highpass 80 | eq 3k +2 | loudness -16 | limit -1'",),
    "chain remove": ("voicefarm chain remove podcast",),
    "doctor": ("voicefarm doctor", "voicefarm doctor --json"),
    "db": ("voicefarm db upgrade", "voicefarm db check"),
    "db downgrade": ("voicefarm db downgrade 0005 --yes",),
    "sample": ("voicefarm sample talk.wav --seconds 30",),
}


def examples_of(words: str) -> str | None:
    """The examples of a command as its help ends with them."""
    lines = EXAMPLES.get(words)
    if not lines:
        return None
    # The first character tells click to leave the lines as they are.
    return "\b\n" + "\n".join([f"Example{'s' if len(lines) > 1 else ''}:", *(f"  {line}" for line in lines)])
