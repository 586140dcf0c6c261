"""Runs the steps of a GitHub action or workflow on this machine, as GitHub's runner would.

What it knows: composite actions, `run` steps under `bash --noprofile --norc -e -o pipefail`, inputs with defaults,
step and job outputs, GITHUB_OUTPUT and GITHUB_STEP_SUMMARY, `if`, continue-on-error, matrices, needs, and the
expressions that heapgate's own files use. What it does not know is an error, never skipped. Actions of others are
functions given by the caller: name without version -> f(runner, inputs), which may raise StepFailed.
"""

import itertools
import os
import re
import subprocess
import tempfile

import yaml

TOKEN = re.compile(r"\s*(?:(\|\||&&|==|!=|!|\(|\)|,)|'((?:[^']|'')*)'|(\d+)|([A-Za-z_][\w.-]*))")


class StepFailed(Exception):
    def __init__(self, code, text=""):
        super().__init__(f"exit code {code}\n{text}")
        self.code = code


class Expression:
    """One ${{ expression }}; `look_up` gives a context value by its dotted name, `status` is success, failure or
    cancelled."""

    def __init__(self, text, look_up, status):
        self.text, self.look_up, self.status = text, look_up, status
        self.tokens, at = [], 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"not an expression this runner knows: {text!r} at {text[at:]!r}")
            self.tokens.append(match)
            at = match.end()
        self.at = 0

    def take(self, *operators):
        if self.at < len(self.tokens) and self.tokens[self.at].group(1) in operators:
            self.at += 1
            return self.tokens[self.at - 1].group(1)
        return None

    def evaluate(self):
        value = self.either()
        if self.at != len(self.tokens):
            raise ValueError(f"not an expression this runner knows: {self.text!r}")
        return value

    def either(self):
        value = self.both()
        while self.take("||"):
            other = self.both()
            value = value or other
        return value

    def both(self):
        value = self.compared()
        while self.take("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self):
        value = self.negated()
        operator = self.take("==", "!=")
        if not operator:
            return value
        equal = as_text(value).lower() == as_text(self.negated()).lower()
        return equal == (operator == "==")

    def negated(self):
        if self.take("!"):
            return not self.negated()
        if self.take("("):
            value = self.either()
            if not self.take(")"):
                raise ValueError(f"no closing bracket: {self.text!r}")
            return value
        token = self.tokens[self.at]
        self.at += 1
        if token.group(2) is not None:
            return token.group(2).replace("''", "'")
        if token.group(3):
            return int(token.group(3))
        name = token.group(4)
        if name in ("true", "false"):
            return name == "true"
        if name and self.take("("):
            if not self.take(")"):
                raise ValueError(f"this runner knows no arguments: {self.text!r}")
            return {"always": True, "success": self.status == "success", "failure": self.status == "failure",
                    "cancelled": self.status == "cancelled"}[name]
        return self.look_up(name)


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


class Runner:
    """`repository` holds action.yml, and is what a step uses that uses one of `own`; jobs run in `workspace`."""

    def __init__(self, repository, workspace, actions, environment=None):
        self.repository, self.workspace, self.actions = repository, workspace, actions
        self.environment = dict(os.environ, **(environment or {}))
        self.own = {"./"}
        self.temporary = tempfile.mkdtemp(dir=workspace, prefix=".runner-")
        self.github = {"run_id": "1", "workflow": "heapgate", "ref": "refs/heads/main", "event_name": "push"}
        self.summary, self.log, self.used = "", "", []
        self.step_environment = {}  # of the action that runs

    def load(self, path):
        with open(os.path.join(self.repository, path), encoding="utf-8") as file:
            return yaml.safe_load(file)

    def fill(self, value, look_up, status):
        """Text with its ${{ }} filled in."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: as_text(Expression(m.group(1), look_up, status).evaluate()),
                      as_text(value), flags=re.S)

    def holds(self, condition, look_up, status):
        """A condition that asks for no status wants that all went well."""
        if condition is None:
            return status == "success"
        text = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", as_text(condition), flags=re.S)
        value = Expression(text, look_up, status).evaluate()
        asks = re.search(r"\b(always|success|failure|cancelled)\(\)", text)
        return bool(value) and (bool(asks) or status == "success")

    def run_steps(self, steps, contexts):
        """Gives the first failure, or None; fills contexts['steps']."""
        failure, outputs = None, contexts["steps"]

        def look_up(name):
            value = contexts
            for part in name.split("."):
                value = value.get(part, "") if isinstance(value, dict) else ""
            return value

        for step in steps:
            status = "failure" if failure else "success"
            if not self.holds(step.get("if"), look_up, status):
                continue
            try:
                made = self.run_step(step, look_up, status)
            except StepFailed as failed:
                made = getattr(failed, "outputs", {})
                if not step.get("continue-on-error"):
                    failure = failure or failed
            if "id" in step:
                outputs[step["id"]] = {"outputs": made}
        return failure

    def run_step(self, step, look_up, status):
        known = {"name", "id", "if", "shell", "env", "run", "uses", "with", "working-directory", "continue-on-error"}
        if set(step) - known:
            raise ValueError(f"this runner does not know {set(step) - known}")
        if "run" in step:
            environment = {name: self.fill(value, look_up, status) for name, value in step.get("env", {}).items()}
            folder = self.fill(step.get("working-directory", "."), look_up, status)
            return self.run_script(self.fill(step["run"], look_up, status), environment, folder)
        given = {name: self.fill(value, look_up, status) for name, value in step.get("with", {}).items()}
        if step["uses"] in self.own:
            return self.run_action(given)
        name = step["uses"].split("@")[0]
        self.used.append((name, given))
        self.step_environment = {key: self.fill(value, look_up, status) for key, value in step.get("env", {}).items()}
        return self.actions[name](self, given) or {}

    def run_script(self, script, environment, folder):
        files = {name: tempfile.mkstemp(dir=self.temporary)[1] for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        path = tempfile.mkstemp(dir=self.temporary, suffix=".sh")[1]
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        done = subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", path],
                              cwd=os.path.join(self.workspace, folder), text=True, errors="replace",
                              env={**self.environment, **files, "GITHUB_ACTION_PATH": self.repository, **environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.log += done.stdout
        with open(files["GITHUB_STEP_SUMMARY"], encoding="utf-8") as file:
            self.summary += file.read()
        with open(files["GITHUB_OUTPUT"], encoding="utf-8") as file:
            outputs = dict(line.split("=", 1) for line in file.read().splitlines())
        if done.returncode != 0:
            failed = StepFailed(done.returncode, done.stdout)
            failed.outputs = outputs
            raise failed
        return outputs

    def run_action(self, given):
        action = self.load("action.yml")
        if action["runs"]["using"] != "composite" or set(given) - set(action["inputs"]):
            raise ValueError(f"the action does not take {set(given) - set(action['inputs'])}")
        inputs = {name: given.get(name, declared.get("default", "")) for name, declared in action["inputs"].items()}
        contexts = {"inputs": inputs, "steps": {}, "github": self.github}
        failure = self.run_steps(action["runs"]["steps"], contexts)

        def look_up(name):
            parts = name.split(".")
            return contexts["steps"].get(parts[1], {}).get("outputs", {}).get(parts[3], "")

        outputs = {name: self.fill(declared["value"], look_up, "success")
                   for name, declared in action["outputs"].items()}
        if failure:
            failure.outputs = outputs
            raise failure
        return outputs

    def run_workflow(self, path, only):
        """Runs the named jobs, one after the other in the order of the file. Gives success or failure by job."""
        results = {}
        for name, job in self.load(path)["jobs"].items():
            if name not in only:
                continue
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            status = "success" if all(results[need] == "success" for need in needs) else "failure"
            if not self.holds(job.get("if"), lambda _: "", status):
                results[name] = "skipped"
                continue
            matrix = job.get("strategy", {}).get("matrix", {})
            chosen = [dict(zip(matrix, values)) for values in itertools.product(*matrix.values())]
            results[name] = "success"
            for values in chosen:
                contexts = {"matrix": values, "strategy": {"job-total": len(chosen)}, "github": self.github,
                            "steps": {}}
                if self.run_steps(job["steps"], contexts):
                    results[name] = "failure"
        return results
