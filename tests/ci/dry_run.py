#!/usr/bin/env python3
"""Goal: what a continuous-integration engine would do with action.yml, .github/workflows/heapgate.yml and the GitLab
template is done here, with the real heapgate, on suites that pass, leak, fail and cannot be read.

Usage: dry_run.py SOURCE_FOLDER BUILD_FOLDER [-v] [DryRun.test_...]
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    print("SKIPPED: needs the Debian package python3-yaml")
    sys.exit(77)

sys.dont_write_bytecode = True  # it would be written into the source tree
from runner import Expression, Runner

SOURCE, BUILD = (os.path.realpath(path) for path in sys.argv[1:3])
SUITE = """suite: tried
subjects:
  before: {{ library_path: {plugins}/library-before, expect: {before} }}
  after: {{ library_path: {plugins}/library-after }}
allocators: [glibc, jemalloc]
workloads:
  linked: {{ plugin: {plugins}/linked.so, ops: 2000 }}
"""


def load(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def upload_artifact(runner, given):
    target = os.path.join(runner.workspace, ".artifacts", given["name"])
    source = os.path.join(runner.workspace, given["path"])
    if given.get("if-no-files-found") == "error" and not os.listdir(source):
        raise AssertionError(f"nothing to upload in {source}")
    shutil.copytree(source, target, dirs_exist_ok=given.get("overwrite") == "true")


def download_artifact(runner, given):
    """By name into the path itself, by pattern into a folder each."""
    path = os.path.join(runner.workspace, given["path"])
    for found in glob.glob(os.path.join(runner.workspace, ".artifacts", given.get("name") or given["pattern"])):
        shutil.copytree(found, path if "name" in given else os.path.join(path, os.path.basename(found)),
                        dirs_exist_ok=True)


def restore_cache(runner, given):
    kept = os.path.join(runner.workspace, ".cache")
    if os.path.isdir(kept):
        shutil.copytree(kept, os.path.join(runner.workspace, given["path"]), dirs_exist_ok=True)


def save_cache(runner, given):
    shutil.copytree(os.path.join(runner.workspace, given["path"]), os.path.join(runner.workspace, ".cache"),
                    dirs_exist_ok=True)


def upload_sarif(_, given):
    with open(given["sarif_file"], encoding="utf-8") as file:
        assert json.load(file)["version"] == "2.1.0"


# What actions/github-script gives to a script, with the comments of the pull request in a file. Somebody else's may begin
# like that of heapgate.
GITHUB_SCRIPT = """
const fs = require('fs'), [, file, script] = process.argv
const all = JSON.parse(fs.readFileSync(file)), keep = () => fs.writeFileSync(file, JSON.stringify(all))
const context = { repo: { owner: 'o', repo: 'r' }, issue: { owner: 'o', repo: 'r', number: 7 } }
const check = (given) => { if (given.owner !== 'o' || given.repo !== 'r') throw new Error('another repository') }
const issues = {
  listComments: (given) => { check(given); if (given.issue_number !== 7) throw new Error('another issue'); return all },
  createComment: async (given) => { issues.listComments(given); all.push({ id: all.length, user: { type: 'Bot' }, body: given.body }); keep() },
  updateComment: async (given) => { check(given); all.find((one) => one.id === given.comment_id).body = given.body; keep() },
}
const github = { rest: { issues }, paginate: async (list, given) => list(given) }
const AsyncFunction = (async () => {}).constructor
new AsyncFunction('github', 'context', 'require', script)(github, context, require).catch((error) => { console.error(error); process.exitCode = 1 })
"""


def github_script(runner, given):
    path = os.path.join(runner.workspace, ".comments.json")
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump([{"id": 0, "user": {"type": "User"}, "body": "<!-- heapgate heapgate -->"}], file)
    done = subprocess.run(["node", "-e", GITHUB_SCRIPT, path, given["script"]], text=True, check=False,
                          env={**runner.environment, **runner.step_environment}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


WORKFLOW = ".github/workflows/heapgate.yml"
ACTIONS = {
    "actions/checkout": lambda runner, given: None,
    "actions/cache/restore": restore_cache,
    "actions/cache/save": save_cache,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
    "actions/github-script": github_script,
    "github/codeql-action/upload-sarif": upload_sarif,
}


class DryRun(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heapgate ci ")
        self.addCleanup(shutil.rmtree, self.folder)
        # The action builds heapgate below its own folder; here it is built already.
        self.repository = os.path.join(self.folder, "action")
        os.makedirs(os.path.join(self.repository, ".github/workflows"))
        for name in ("action.yml", WORKFLOW):
            shutil.copy(os.path.join(SOURCE, name), os.path.join(self.repository, name))
        with open(os.path.join(self.repository, "dev"), "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\n[ "$*" = build ]\n')
        os.chmod(file.name, 0o755)
        os.symlink(BUILD, os.path.join(self.repository, "build"))
        self.workspace = os.path.join(self.folder, "workspace")
        os.makedirs(self.workspace)
        self.write_suite("leak")

    def write_suite(self, before):
        with open(os.path.join(self.workspace, "heapgate.yaml"), "w", encoding="utf-8") as file:
            file.write(SUITE.format(plugins=os.path.join(BUILD, "tests/plugins"), before=before))

    def run_action(self, **inputs):
        """Gives the runner, the exit code, and the action's outputs."""
        runner = Runner(self.repository, self.workspace, ACTIONS)
        contexts = {"steps": {}}
        step = {"id": "it", "uses": "./", "with": {name.replace("_", "-"): text for name, text in inputs.items()}}
        failure = runner.run_steps([step], contexts)
        return runner, failure.code if failure else 0, contexts["steps"]["it"]["outputs"]

    def names_used(self, runner):
        return [name for name, _ in runner.used]

    def test_a_suite_as_expected_passes_with_summary_and_reports(self):
        runner, code, outputs = self.run_action()
        self.assertEqual(code, 0, runner.log)
        self.assertEqual((outputs["outcome"], outputs["exit-code"]), ("pass", "0"))
        self.assertEqual(outputs["folder"], os.path.join(self.workspace, "heapgate-out"))
        self.assertTrue(os.path.isfile(outputs["report"]))
        self.assertIn("4 of 4 cells", runner.summary)
        self.assertEqual(self.names_used(runner), ["github/codeql-action/upload-sarif", "actions/upload-artifact"])
        self.assertTrue(os.path.isfile(os.path.join(self.workspace, ".artifacts/heapgate/run.json")))

    def test_a_leak_fails_the_step_and_is_reported_all_the_same(self):
        self.write_suite("clean")
        runner, code, outputs = self.run_action()
        self.assertEqual(code, 1, runner.log)
        self.assertEqual((outputs["outcome"], outputs["exit-code"]), ("leak", "1"))
        self.assertIn("cells are not as expected", runner.summary)
        self.assertEqual(self.names_used(runner), ["github/codeql-action/upload-sarif", "actions/upload-artifact"])

    def test_fail_on_lets_what_it_does_not_name_pass(self):
        self.write_suite("clean")
        for fail_on, expected in (("inconclusive failed", 0), ("", 0), ("failed,leak", 1), ("inconclusive\nleak", 1)):
            runner, code, outputs = self.run_action(fail_on=fail_on, artifact="", sarif="false")
            self.assertEqual(code, expected, runner.log)
            self.assertEqual(outputs["exit-code"], "1")
            self.assertEqual(runner.used, [])
        self.assertEqual(self.run_action(fail_on="leaks")[1], 2)

    def test_reports_of_before_are_not_taken_for_those_of_this_run(self):
        self.run_action()
        runner, code, outputs = self.run_action(args="--workload nowhere")
        self.assertEqual((code, outputs["exit-code"], outputs["folder"], outputs["outcome"]), (2, "2", "", ""))
        self.assertIn("no workload 'nowhere'", runner.log)
        self.assertEqual((runner.summary, runner.used), ("", []))

    def test_a_command_of_ones_own_runs_where_it_is_told(self):
        os.makedirs(os.path.join(self.workspace, "a folder"))
        plugin = os.path.join(self.workspace, "a folder", "its own.so")
        shutil.copy(os.path.join(BUILD, "tests/plugins/linked.so"), plugin)
        runner = Runner(self.repository, self.workspace, ACTIONS)
        runner.environment["LD_LIBRARY_PATH"] = os.path.join(BUILD, "tests/plugins/library-after")
        outputs = runner.run_action({"command": "check", "args": "--ops 1000\n'its own.so'", "out": "re ports",
                                     "working-directory": "a folder", "heapgate": os.path.join(BUILD, "heapgate")})
        self.assertEqual(outputs["folder"], os.path.join(self.workspace, "a folder", "re ports"))
        self.assertEqual(outputs["outcome"], "pass")
        runner, code, _ = self.run_action(command="exec", args="--round-every 10ms --rounds-max 60 -- /bin/sh -c "
                                          "'while :; do a=$(echo b); done'")
        self.assertEqual(code, 0, runner.log)

    def test_what_a_program_prints_is_no_command_of_the_job(self):
        line = "::add-mask::everything"
        runner, _, _ = self.run_action(command="exec", args=f"--round-every 10ms --rounds-max 12 -- /bin/sh -c 'echo; echo {line}'")
        lines = runner.log.splitlines()
        fence = next(text.removeprefix("::stop-commands::") for text in lines if text.startswith("::stop-commands::"))
        self.assertGreater(len(fence), 30)
        self.assertLess(lines.index(f"::stop-commands::{fence}"), lines.index(line))
        self.assertLess(lines.index(line), lines.index(f"::{fence}::"))
        self.assertNotIn(fence, self.run_action(command="exec", args="-- true")[0].log)

    def test_a_leak_is_annotated_at_its_line_outside_the_fence(self):
        self.write_suite("clean")
        given = {"sarif": "false", "artifact": ""}
        lines = self.run_action(**given)[0].log.splitlines()
        fence = next(text.removeprefix("::stop-commands::") for text in lines if text.startswith("::stop-commands::"))
        error = next(i for i, text in enumerate(lines) if re.match(r"::error file=.+\.c,line=\d+,title=", text))
        self.assertGreater(error, lines.index(f"::{fence}::"))
        self.assertNotIn("::error file=", self.run_action(**given, annotations="false")[0].log)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_a_pull_request_has_one_comment_which_is_updated(self):
        def run(event="pull_request", **given):
            runner = Runner(self.repository, self.workspace, ACTIONS)
            runner.github["event_name"] = event
            inputs = {"sarif": "false", "artifact": "", "args": "--ops 2000", "comment": "true", **given}
            runner.run_steps([{"uses": "./", "with": inputs}], {"steps": {}, "github": runner.github})
            path = os.path.join(self.workspace, ".comments.json")
            if not os.path.exists(path):
                return []
            with open(path, encoding="utf-8") as file:
                return [comment["body"] for comment in json.load(file)][1:]

        self.assertEqual(run(), [])  # all is as expected
        self.write_suite("clean")
        os.remove(os.path.join(self.workspace, ".comments.json"))
        self.assertEqual(run(event="push") + run(comment="false"), [])
        (first,) = run()
        self.assertTrue(first.startswith("<!-- heapgate heapgate -->\n"), first)
        self.assertIn("**2 of 4 cells are not as expected**", first)
        self.assertEqual(len(run(**{"sarif-category": "other --> suite"})), 2)
        self.write_suite("leak")
        updated, other = run()
        self.assertIn("4 of 4 cells", updated)
        self.assertTrue(other.startswith("<!-- heapgate other%20--%3E%20suite -->\n"), other)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_a_comment_mentions_nobody_and_is_cut_between_lines(self):
        step = next(step for step in load("action.yml")["runs"]["steps"] if step.get("uses", "").startswith("actions/github-script"))
        with open(os.path.join(self.workspace, "report.md"), "w", encoding="utf-8") as file:
            file.writelines(f"Zeile {i} für @somebody\n" for i in range(8000))
        runner = Runner(self.repository, self.workspace, ACTIONS)
        runner.step_environment = {"FOLDER": self.workspace, "OUTCOME": "leak", "CATEGORY": "",
                                   "MOST_CHARACTERS": step["env"]["MOST_CHARACTERS"]}
        github_script(runner, step["with"])
        with open(os.path.join(self.workspace, ".comments.json"), encoding="utf-8") as file:
            body = json.load(file)[1]["body"]
        self.assertLess(len(body), 65536)
        self.assertGreater(len(body), 55000)
        self.assertNotIn("@s", body)
        lines = body.splitlines()[1:]
        self.assertTrue(all(re.fullmatch("Zeile \\d+ für @\u2060somebody", line) for line in lines[:-2]), lines[-5:])
        self.assertIn("the artifact has all of it", lines[-1])

    def test_other_actions_are_named_by_commit_and_get_no_token(self):
        for name in ("action.yml", WORKFLOW):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
                text = file.read()
            uses = [use for use in re.findall(r"uses: (.*)", text) if use != "./"]
            self.assertGreater(len(uses), 1)
            for use in uses:
                self.assertRegex(use, r"^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
            checkouts = text.count("uses: actions/checkout@")
            self.assertEqual(text.count("persist-credentials: false"), checkouts)
        workflow = load(os.path.join(SOURCE, WORKFLOW))
        self.assertEqual(workflow["permissions"], {})

    def test_no_input_is_ever_a_command(self):
        marker = os.path.join(self.folder, "was-run")
        hostile = f"$(touch '{marker}') `touch {marker}` ; touch {marker} # \" ' \n touch {marker}\noutcome=pass"
        for name in load("action.yml")["inputs"]:
            if name in ("summary", "sarif", "sarif-category", "artifact", "history-artifact", "working-directory"):
                continue
            shard = {"shard": "1/2"} if name == "shard-times" else {}
            _, code, outputs = self.run_action(**{**shard, name: hostile, "sarif": "false", "artifact": ""})
            self.assertFalse(os.path.exists(marker), name)
            if name not in ("out", "shard-times", "annotations", "comment"):
                self.assertNotEqual((code, outputs["outcome"]), (0, "pass"), name)

    def test_scripts_have_no_expressions_in_them(self):
        files = ["action.yml", WORKFLOW]
        found = 0
        for path in files:
            for script in all_scripts(load(path)):
                found += 1
                self.assertNotIn("${{", script, path)
                subprocess.run(["bash", "-n", "-c", script], check=True)
        self.assertGreater(found, 4)
        for step in load("action.yml")["runs"]["steps"]:
            self.assertNotIn("${{", step.get("with", {}).get("script", ""))

    def test_mistakes_are_told_in_one_line(self):
        for inputs, says in (({"command": "diff"}, "the input command must be"),
                             ({"args": "'no end"}, "a quote that is not closed"),
                             ({"heapgate": "no-such-heapgate"}, "names no program")):
            runner, code, outputs = self.run_action(**inputs)
            self.assertEqual((code, outputs["outcome"]), (2, ""), runner.log)
            errors = [line for line in runner.log.splitlines() if line.startswith("::error")]
            self.assertEqual(len(errors), 1, runner.log)
            self.assertIn(says, errors[0])

    def test_a_report_too_long_for_a_summary_is_cut_between_lines(self):
        action = load("action.yml")
        step = next(step for step in action["runs"]["steps"] if "job summary" in step["name"])
        with open(os.path.join(self.workspace, "report.md"), "w", encoding="utf-8") as file:
            file.writelines(f"Zeile {i} mit Größe\n" for i in range(80000))
        runner = Runner(self.repository, self.workspace, ACTIONS)
        runner.run_script(step["run"], {"FOLDER": self.workspace, "MOST_BYTES": step["env"]["MOST_BYTES"]}, ".")
        self.assertLess(len(runner.summary.encode()), 1 << 20)
        self.assertGreater(len(runner.summary.encode()), 900000)
        lines = runner.summary.splitlines()
        self.assertTrue(all(re.fullmatch(r"Zeile \d+ mit Größe", line) for line in lines[:-3]), lines[-5:])
        self.assertIn("the artifact has all of it", lines[-1])

    def test_the_workflow_joins_its_shards_and_divides_by_their_times_the_next_time(self):
        only = ("times", "shard", "merge")
        first = Runner(self.repository, self.workspace, ACTIONS)
        self.assertEqual(set(first.run_workflow(WORKFLOW, only).values()), {"success"}, first.log)
        self.assertIn("no times of an earlier run yet", first.log)
        self.assertIn("4 of 4 cells", first.summary)
        artifacts = os.listdir(os.path.join(self.workspace, ".artifacts"))
        self.assertEqual(sorted(artifacts), ["heapgate", "heapgate-shard-1", "heapgate-shard-2", "heapgate-times"])
        second = Runner(self.repository, self.workspace, ACTIONS)
        self.assertEqual(set(second.run_workflow(WORKFLOW, only).values()), {"success"}, second.log)
        self.assertNotIn("no times of an earlier run yet", second.log)

    def test_the_workflow_fails_when_a_shard_leaks_or_is_lost(self):
        only = ("times", "shard", "merge")
        self.write_suite("clean")
        runner = Runner(self.repository, self.workspace, ACTIONS)
        results = runner.run_workflow(WORKFLOW, only)
        self.assertEqual((results["shard"], results["merge"]), ("failure", "failure"), runner.log)
        self.assertIn("**2 of 4 cells are not as expected**", runner.summary)
        self.write_suite("leak")
        shutil.rmtree(os.path.join(self.workspace, ".artifacts"))
        shutil.rmtree(os.path.join(self.workspace, "shards"))

        def lose_the_second(runner, given):
            if given["name"] != "heapgate-shard-2":
                upload_artifact(runner, given)

        runner = Runner(self.repository, self.workspace, {**ACTIONS, "actions/upload-artifact": lose_the_second})
        results = runner.run_workflow(WORKFLOW, only)
        self.assertEqual((results["shard"], results["merge"]), ("success", "failure"), runner.log)
        self.assertIn("shard 2 of 2 is missing", runner.log)

    def run_gitlab_job(self, file, name, **given):
        """A job of a file that includes the template, as GitLab merges them: a variable of a job, its own or one that it
        extends, goes before a global one, and a global one of the file before that of the template. `given` stands for
        what the runner or a person sets, which goes before all."""
        template = load(".gitlab/heapgate.gitlab-ci.yml")
        jobs = {**template, **file}
        chain = [jobs[name]]
        while "extends" in chain[0]:
            chain.insert(0, jobs[chain[0]["extends"]])
        job, variables = {}, {**template.get("variables", {}), **file.get("variables", {})}
        for link in chain:
            job.update(link)
            variables.update(link.get("variables", {}))
        self.assertLessEqual(set(file.get("variables", {})) | set(variables), set(template["variables"]))
        environment = {**os.environ, **variables, **given}
        done = subprocess.run(["sh", "-e", "-c", "\n".join(job["before_script"] + job["script"])], cwd=self.workspace,
                              env=environment, text=True, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_gitlab_jobs_run_whole_sharded_and_joined(self):
        program = os.path.join(BUILD, "heapgate")
        code, log = self.run_gitlab_job({}, ".heapgate", HEAPGATE=program)
        self.assertEqual(code, 0, log)
        self.assertTrue(os.path.isfile(os.path.join(self.workspace, "heapgate-out/junit.xml")))
        shutil.rmtree(os.path.join(self.workspace, "heapgate-out"))
        for node in "12":
            code, log = self.run_gitlab_job({}, ".heapgate", HEAPGATE=program, CI_NODE_INDEX=node, CI_NODE_TOTAL="2",
                                            HEAPGATE_ARGS="--ops 2000 --seed 7")
            self.assertEqual(code, 0, log)
        code, log = self.run_gitlab_job({}, ".heapgate-merge", HEAPGATE=program)
        self.assertEqual(code, 0, log)
        self.assertIn("4 of 4 cells", log)
        self.assertTrue(os.path.isfile(os.path.join(self.workspace, "heapgate-out-merged/junit.xml")))
        code, log = self.run_gitlab_job({}, ".heapgate", HEAPGATE="no-such-heapgate")
        self.assertEqual(code, 2, log)

    def run_guides_gitlab_jobs(self, file):
        """In an image without heapgate: git gives the repository that is built here already."""
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools)
        for name, script in (("apt-get", "exit 0"), ("git", f"""echo "$*" >>'{self.folder}/git'
for target; do :; done
[ -e "$target" ] || cp -a '{self.repository}' "$target\"""")):
            with open(os.path.join(tools, name), "w", encoding="utf-8") as tool:
                tool.write(f"#!/bin/sh\n{script}\n")
            os.chmod(tool.name, 0o755)
        given = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": self.folder, "CI_NODE_TOTAL": str(file["leaks"]["parallel"])}
        for node in range(1, file["leaks"]["parallel"] + 1):
            code, log = self.run_gitlab_job(file, "leaks", CI_NODE_INDEX=str(node), **given)
            self.assertEqual(code, 0, log)
        code, log = self.run_gitlab_job(file, "leak-report", **given)
        self.assertEqual(code, 0, log)
        self.assertIn("4 of 4 cells", log)
        with open(os.path.join(self.folder, "git"), encoding="utf-8") as cloned:
            self.assertIn(file["variables"]["HEAPGATE_REPOSITORY"], cloned.read())

    def run_guides_workflow(self, name, text):
        with open(os.path.join(self.repository, name), "w", encoding="utf-8") as file:
            file.write(text)
        runner = Runner(self.repository, self.workspace, ACTIONS)
        runner.own.add("your-org/heapgate@main")
        results = runner.run_workflow(name, yaml.safe_load(text)["jobs"])
        self.assertEqual(set(results.values()), {"success"}, runner.log)
        self.assertIn("4 of 4 cells", runner.summary)

    def run_guides_audits(self, name, text):
        """Two weeks: gh knows no run in the first, and gives the first one's artifact in the second."""
        tools = os.path.join(self.folder, "gh")
        os.makedirs(tools)
        with open(os.path.join(tools, "gh"), "w", encoding="utf-8") as tool:
            tool.write("#!/bin/sh\n[ -d .artifacts/heapgate-history ] || exit 1\n"
                       'case "$*" in "run list"*) echo "8\n7" ;; "run download 8"*) exit 1 ;;\n'
                       '"run download 7"*) cp -a .artifacts/heapgate-history heapgate-history ;; esac\n')
        os.chmod(tool.name, 0o755)
        with open(os.path.join(self.repository, name), "w", encoding="utf-8") as file:
            file.write(text)
        for week in (1, 2):
            runner = Runner(self.repository, self.workspace, ACTIONS, {"PATH": f"{tools}:{os.environ['PATH']}"})
            runner.own.add("your-org/heapgate@main")
            results = runner.run_workflow(name, ("audit",))
            self.assertEqual(set(results.values()), {"success"}, runner.log)
            self.assertIn("heapgate audit of `tried`", runner.summary)
            self.assertIn(f"\n{week} run{'s' if week > 1 else ''}, 2", runner.summary)
            kept = os.path.join(self.workspace, ".artifacts/heapgate-history")
            self.assertEqual(len(os.listdir(kept)), week)
            self.assertTrue(os.path.isfile(os.path.join(self.workspace, ".artifacts/heapgate/audit.html")))
            shutil.rmtree(os.path.join(self.workspace, "heapgate-history"))
            newest = max(os.listdir(kept))  # a week is a second or less here, so give it a name of long ago
            os.rename(os.path.join(kept, newest), os.path.join(kept, f"2001010{week}T000000"))

    def run_gitlab_audits(self, file):
        program = os.path.join(BUILD, "heapgate")
        history = os.path.join(self.workspace, "heapgate-history")
        for day in range(61):
            os.makedirs(os.path.join(history, f"200001{day + 1:02}T000000"))
        code, log = self.run_gitlab_job(file, "leak-audit", HEAPGATE=program)
        self.assertEqual(code, 0, log)
        self.assertEqual(len(os.listdir(history)), 60)
        with open(os.path.join(self.workspace, "heapgate-out/audit.md"), encoding="utf-8") as page:
            self.assertIn("\n1 run, 2", page.read())
        self.write_suite("clean")
        code, log = self.run_gitlab_job(file, "leak-audit", HEAPGATE=program)
        self.assertEqual(code, 1, log)
        self.assertTrue(os.path.isfile(os.path.join(self.workspace, "heapgate-out/audit.html")))

    def test_the_guide_does_what_it_says(self):
        with open(os.path.join(SOURCE, "docs/ci.md"), encoding="utf-8") as file:
            blocks = re.findall(r"^```(\w+)\n(.*?)^```$", file.read(), flags=re.S | re.M)
        workflows = [(re.match(r"# (\S+)", text).group(1), text) for kind, text in blocks if kind == "yaml"]
        self.assertEqual([name.split("/")[0] for name, _ in workflows], [".github", ".github", ".gitlab-ci.yml", ".github", ".gitlab-ci.yml"])
        for name, text in workflows[:2]:
            self.run_guides_workflow(name, text)
        self.run_guides_gitlab_jobs(yaml.safe_load(workflows[2][1]))
        self.run_guides_audits(*workflows[3])
        self.run_gitlab_audits(yaml.safe_load(workflows[4][1]))
        scripts = [text for kind, text in blocks if kind == "sh"]
        self.assertGreater(len(scripts), 0)
        os.symlink(BUILD, os.path.join(self.folder, "build"))
        for script in scripts:
            done = subprocess.run(["sh", "-e", "-c", script], cwd=self.folder, text=True, capture_output=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, script + done.stdout + done.stderr)
            self.assertIn("8 of 8 cells", done.stdout)

    def test_the_runner_knows_githubs_expressions(self):
        names = {"inputs.a": "x", "steps.b.outputs.c-d": ""}
        for text, status, expected in (
                ("inputs.a == 'X'", "success", True), ("inputs.a != 'x' || steps.b.outputs.c-d == ''", "success", True),
                ("!cancelled() && inputs.a == 'y'", "failure", False), ("!(always() && failure())", "failure", False),
                ("steps.b.outputs.c-d || 'it''s'", "success", "it's"), ("success()", "failure", False)):
            self.assertEqual(Expression(text, names.__getitem__, status).evaluate(), expected, text)
        with self.assertRaises(ValueError):
            Expression("a[0]", names.get, "success").evaluate()


def all_scripts(value):
    if isinstance(value, dict):
        if isinstance(value.get("run"), str):
            yield value["run"]
        for item in value.values():
            yield from all_scripts(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_scripts(item)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
