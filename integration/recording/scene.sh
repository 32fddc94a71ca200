#!/bin/bash
# What a first-time user types, typed for the recording of the README: every answer is a real one.
set -eu
TIMEFORMAT='%1R seconds'

say() {
	printf '$ '
	for ((i = 0; i < ${#1}; i++)); do
		printf '%s' "${1:i:1}"
		sleep 0.02
	done
	sleep 0.3
	echo
	eval "$1"
	sleep 1
}

say 'cat pybuild.toml'
say 'docker build -f pybuild.toml -t shop .'
say 'docker run -d -p 127.0.0.1:8000:8000 shop'
until curl --noproxy '*' --silent --fail http://127.0.0.1:8000/health >/dev/null; do sleep 0.1; done
say 'curl http://127.0.0.1:8000/'
echo
echo '# a changed line of code' | tee -a app/main.py
say 'time docker build -q -f pybuild.toml -t shop .'
sleep 3
