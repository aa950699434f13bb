# shellcheck shell=sh disable=SC2154 # host.sh, before it, has the folders
# Tells the manifest of a release that the host still has, in force or not. Runs behind host.sh.
#
# Arguments: release.

set -u

say_lines manifest "$root/releases/$1/manifest"
say end
