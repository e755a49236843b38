# Set-up, demo, tests and checks of augur. `make` alone lists what there is.

CARGO ?= cargo
# A demo in another folder or with more workers: make demo OUT=runs/mine WORKERS=8
OUT ?= runs/demo
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help tools libtorch setup demo setup-test test s3-test browser watching-test mlflow-test kubernetes-test planted \
  chaos crash-matrix sim ha-test slurm-test security-test bench-step bench-sweep bench-scaling bench-ablation \
  bench-recovery bench-scale profile fuzz lint audit

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools: ## check that the machine has Rust, Python and a C++ compiler
	@scripts/check-tools

libtorch: tools ## install libtorch into .venv (AUGUR_CUDA=1 or 0, AUGUR_PIP_INDEX_URL, PYTHON)
	@scripts/libtorch

setup: libtorch ## install libtorch and build everything
	@echo "augur: the build; the first takes some minutes, most of them for libtorch's bindings"
	$(CARGO) build --release --workspace --locked

demo: setup ## run the main job, configs/demo.yaml, into runs/demo
	target/release/augur fetch fashion-mnist
	target/release/augur run configs/demo.yaml --out $(OUT) --workers $(WORKERS)
	@echo "augur: open $(CURDIR)/$(OUT)/report.html"

setup-test: setup ## bring what the tests need beside the build: a Python client, Fashion-MNIST
	@scripts/test-tools
	target/release/augur fetch fashion-mnist

test: setup-test ## run every test
	@scripts/run-tests

s3-test: setup-test ## test object stores on a real server that speaks S3 (moto, 320 MB)
	@scripts/s3-tools
	AUGUR_REQUIRE_S3=1 $(CARGO) test --release --locked --workspace --test depot --test objects -- --test-threads=1

mlflow-test: setup-test ## export a sweep to a real MLflow server and read it back (1 GB, minutes; not in CI)
	@scripts/mlflow-tools
	cd clients/python && AUGUR_MLFLOW=$(CURDIR)/.mlflow-venv/bin/mlflow PYTHONPATH=src \
	  $(CURDIR)/.venv/bin/python -m pytest -q tests/test_mlflow.py

kubernetes-test: setup ## validate what `augur launch kubernetes` writes against Kubernetes' schemas, and lint the Containerfile
	@scripts/kubernetes-tools
	.kubernetes-venv/bin/python scripts/kubernetes-test
	.kubernetes-venv/bin/hadolint Containerfile

browser: ## test the page in Chromium (Debian: chromium, chromium-driver); pictures in target/browser
	AUGUR_REQUIRE_BROWSER=1 $(CARGO) test --release --locked --workspace --test all page::browser -- \
	  --test-threads=1 --nocapture

watching-test: ## test metrics, alert rules, traces and logs, with a real Prometheus (Debian: prometheus)
	AUGUR_REQUIRE_PROMETHEUS=1 $(CARGO) test --release --locked --workspace --test all watching:: -- --test-threads=1

planted: setup-test ## prove that planted angles are found, for seeds 0, 1 and 2 (about 7 minutes on 2 cores)
	AUGUR_PLANTED_SEEDS=0,1,2 $(CARGO) test --release --locked --workspace --test planted

chaos: setup ## disturb sweeps in 50 ways and compare their leaderboards (CHAOS_OPTIONS=--short, '--faults N --seed S')
	target/release/augur fetch fashion-mnist
	target/release/chaos $(CHAOS_OPTIONS)

crash-matrix: setup ## disturb a coordinator at every persistence step on both stores (MATRIX_OPTIONS=--short)
	target/release/crash-matrix $(MATRIX_OPTIONS)

sim: ## simulate sweeps on a network that fails, without libtorch (SIM_OPTIONS='--runs N --first SEED', '--seed SEED')
	$(CARGO) build --release --locked --workspace --bin sim
	target/release/sim $(SIM_OPTIONS)

ha-test: ## kill coordinators that take turns on PostgreSQL, without libtorch, and time each take-over (HA_OPTIONS=--short)
	$(CARGO) build --release --locked --workspace --bin ha-test --bin augur-coordinator
	target/release/ha-test $(HA_OPTIONS)

security-test: ## test who may do what: roles, tokens, TLS, limits, malformed messages; without libtorch
	$(CARGO) test --release --locked --workspace --test all safety::
	$(CARGO) test --release --locked --workspace --test connection

slurm-test: setup ## run sweeps on a real Slurm of Debian's packages and disturb its jobs (SLURM_OPTIONS=short)
	@scripts/slurm-tools
	target/release/augur fetch fashion-mnist
	AUGUR_REQUIRE_SLURM=1 $(CARGO) test --release --locked --workspace --test slurm -- --test-threads=1 $(SLURM_OPTIONS)

bench-step: setup ## time a training step and a tuning step beside PyTorch's (5 GB for PyTorch; BENCH_OPTIONS=--short)
	@scripts/bench-tools
	$(CARGO) build --release --locked --workspace --example step
	target/release/bench-step $(BENCH_OPTIONS)

bench-sweep: setup ## time a whole sweep beside a PyTorch loop (BENCH_OPTIONS=--short)
	@scripts/bench-tools
	target/release/augur fetch fashion-mnist
	$(CARGO) build --release --locked --workspace --example sweep
	target/release/bench-sweep $(BENCH_OPTIONS)

bench-scaling: setup ## measure how a step's time and memory grow with each size (BENCH_OPTIONS=--short)
	$(CARGO) build --release --locked --workspace --example step
	target/release/bench-scaling $(BENCH_OPTIONS)

bench-ablation: setup ## measure what a tuning step loses without each single idea (BENCH_OPTIONS=--short)
	$(CARGO) build --release --locked --workspace --example step --features augur-train/ablation
	target/release/bench-ablation $(BENCH_OPTIONS)

bench-recovery: setup ## measure how long a sweep takes to go on after SIGKILL (BENCH_OPTIONS=--short)
	target/release/augur fetch fashion-mnist
	target/release/bench-recovery $(BENCH_OPTIONS)

bench-scale: ## measure trials per second beside Optuna and Ray Tune, 1,000 workers, a million trials (BENCH_OPTIONS=--short, '--part b')
	@scripts/scale-tools
	$(CARGO) build --release --locked --workspace --bin bench-scale --bin augur-coordinator --bin augur
	target/release/bench-scale $(BENCH_OPTIONS)

profile: setup ## sample where a tuning step spends its time (Linux's perf; BENCH_OPTIONS=--short)
	$(CARGO) build --release --locked --workspace --example step
	target/release/bench-profile $(BENCH_OPTIONS)

fuzz: ## fuzz each hand-written parser for FUZZ_SECONDS (60 if unset; needs cargo-fuzz)
	@scripts/fuzz

lint: libtorch ## check the format, clippy's lints, and the dependencies' licences and sources
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --workspace --all-targets --locked -- --deny warnings
	@scripts/check-dependencies bans licenses sources

audit: ## check the dependencies against the database of known vulnerabilities (fetched from GitHub)
	@scripts/check-dependencies advisories
