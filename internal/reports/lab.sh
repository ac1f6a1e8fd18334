#!/bin/sh
# Opens JupyterLab on the notebooks with this clone's kernel. Settings and run-time files stay in the clone. It answers on
# this machine only, and to those who know the token of the address that it prints: who can reach a notebook can run programs.
# gopls, with which GoNB completes what you type, makes every cell about three times slower: LAB_GOPLS=1 leaves it on.
# Arguments are passed on to jupyter lab. ROBUSTLOSS_LAB_STATE and ROBUSTLOSS_LAB_ROOT name other places for state and notebooks.
cd "$(dirname "$0")/../.." || exit 1
state=${ROBUSTLOSS_LAB_STATE:-$PWD/.venv/jupyter}
export JUPYTER_CONFIG_DIR="$state/config" JUPYTER_DATA_DIR="$state/data" JUPYTER_RUNTIME_DIR="$state/runtime" IPYTHONDIR="$state/ipython"
export JUPYTERLAB_SETTINGS_DIR="$state/settings" JUPYTERLAB_WORKSPACES_DIR="$state/workspaces"
[ "${LAB_GOPLS:-}" = 1 ] || PATH=$(.venv/bin/python internal/reports/paths.py)
[ "$(id -u)" = 0 ] && set -- --allow-root "$@"
exec .venv/bin/jupyter lab --ServerApp.root_dir="${ROBUSTLOSS_LAB_ROOT:-$PWD/notebooks}" --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	--LabApp.news_url=None --ServerApp.ip=127.0.0.1 "$@"
