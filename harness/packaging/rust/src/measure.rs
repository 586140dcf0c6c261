//! The process that the user started: runs the test again under heapgate, and judges what that says.

use crate::{ops, test, Measured, Options};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::raw::{c_char, c_int, c_uint, c_ulong};
use std::os::unix::io::FromRawFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

const REPORT_BYTES: u64 = 8192;

extern "C" {
    fn getrlimit(resource: c_int, limits: *mut [c_ulong; 2]) -> c_int;
    fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn setrlimit(resource: c_int, limits: *const [c_ulong; 2]) -> c_int;
}

/// In the child, before exec. A test that is killed takes its measurement with it, and a leak of descriptors
/// must not hide behind the limit that it soon reaches.
fn prepare() -> io::Result<()> {
    const PR_SET_PDEATHSIG: c_int = 1;
    const RLIMIT_NOFILE: c_int = 7;
    const SIGTERM: c_ulong = 15;
    let mut limits = [0, 0];
    unsafe {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if getrlimit(RLIMIT_NOFILE, &mut limits) == 0 {
            setrlimit(RLIMIT_NOFILE, &[limits[1], limits[1]]);
        }
    }
    Ok(())
}

/// A file without a name, for all that the measured process and heapgate print.
fn make_output() -> io::Result<File> {
    const MFD_CLOEXEC: c_uint = 1;
    match unsafe { memfd_create(b"heapgate\0".as_ptr().cast(), MFD_CLOEXEC) } {
        file if file >= 0 => Ok(unsafe { File::from_raw_fd(file) }),
        _ => Err(io::Error::last_os_error()),
    }
}

fn make_command(options: &Options, call: &test::Call, program: &std::ffi::OsStr) -> io::Result<Command> {
    let mut command = Command::new(program);
    command.args(["exec", "--marks"]);
    if options.max_bytes_per_op > 0.0 {
        command.arg("--max-bytes-per-op").arg(options.max_bytes_per_op.to_string());
    }
    if let Some(allocator) = &options.allocator {
        command.arg("--allocator").arg(allocator);
    }
    command.arg("--").arg(std::env::current_exe()?);
    // With one thread, some versions run the test without a thread of its own, and so without name.
    command.args(["--exact", &call.name, "--nocapture", "--include-ignored", "--test-threads=2"]);
    command.env(ops::TEST, call.key()).stdin(Stdio::null());
    unsafe { command.pre_exec(prepare) };
    Ok(command)
}

/// What the lines say that are looked for.
#[derive(Default)]
struct Said {
    is_heapgate: bool,
    no_test: bool,
    all_ended: bool,
    cut_short: Option<String>,
    open: Option<String>,
    culprit: Option<String>,
    report: String,
}

fn read(output: &mut File) -> io::Result<Said> {
    let mut said = Said::default();
    let mut names_culprit = false;
    output.seek(SeekFrom::Start(0))?;
    for line in BufReader::new(&*output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        said.is_heapgate |= line.starts_with("heapgate: the program ");
        said.no_test |= line == "running 0 tests";
        said.all_ended |= line.starts_with(ops::ALL_ENDED);
        if let Some(rest) = line.strip_prefix(ops::CUT_SHORT) {
            said.cut_short = Some(rest.to_owned());
        } else if let Some(rest) = line.strip_prefix(ops::OPEN) {
            said.open = Some(rest.to_owned());
        }
        if names_culprit && said.culprit.is_none() {
            said.culprit = Some(line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        names_culprit = line.contains(" per mark") && line.ends_with(':');
    }
    let size = output.seek(SeekFrom::End(0))?;
    output.seek(SeekFrom::Start(size.saturating_sub(REPORT_BYTES)))?;
    let mut report = Vec::new();
    output.read_to_end(&mut report)?;
    said.report = String::from_utf8_lossy(&report).into_owned();
    Ok(said)
}

/// `None` if the test passes, or else why it does not.
fn judge(code: Option<i32>, said: &Said, name: &str) -> Option<String> {
    if code == Some(0) && !said.is_heapgate {
        return Some("this is not heapgate: it measured nothing".to_owned());
    }
    if let Some(place) = &said.cut_short {
        return Some(format!("the op failed or ended the process in op {}", place));
    }
    if matches!(code, Some(0 | 3)) && !said.all_ended {
        if said.no_test {
            return Some(format!(
                "no test is named '{}': write the closure in the test, or omit --test-threads=1",
                name
            ));
        }
        return Some("the test did not run to its end in the measured process".to_owned());
    }
    let culprit = said.culprit.as_ref().map_or(String::new(), |place| format!(" at {}", place));
    Some(match (code, &said.open) {
        (Some(0), None) => return None,
        (Some(0), Some(open)) => format!("a leak of open files or threads: {}", open),
        (Some(1), _) => format!("a leak{} (a mark is one op)", culprit),
        (Some(2), _) => "heapgate could not measure it".to_owned(),
        (Some(3), _) => "inconclusive: give it more ops".to_owned(),
        (Some(4), _) => "the op crashed or ended the process".to_owned(),
        (Some(5), _) => "heapgate failed its own control".to_owned(),
        _ => "heapgate did not finish".to_owned(),
    })
}

fn run(command: &mut Command) -> io::Result<(Option<i32>, Said)> {
    let mut output = make_output()?;
    command.stdout(output.try_clone()?).stderr(output.try_clone()?);
    let status = command.status()?;
    Ok((status.code(), read(&mut output)?))
}

pub(crate) fn measure(options: &Options, call: &test::Call) -> Measured {
    let named = std::env::var_os("HEAPGATE").filter(|name| !name.is_empty());
    let program = named.clone().unwrap_or_else(|| "heapgate".into());
    let shown = program.to_string_lossy();
    let run = make_command(options, call, &program).and_then(|mut command| run(&mut command));
    let (code, said) = match run {
        Ok(ended) => ended,
        Err(error) => {
            let why = format!("program '{}' not started ({}): set HEAPGATE=/path/to/heapgate", shown, error);
            return match named {
                None if error.kind() == io::ErrorKind::NotFound => Measured::Not(why),
                _ => Measured::Failed(format!("heapgate: {}", why)),
            };
        }
    };
    match judge(code, &said, &call.name) {
        None => Measured::Clean,
        Some(why) => {
            let again = format!("again: {}='{}' ", ops::TEST, call.key());
            let report = said.report.replace("again: ", &again);
            Measured::Failed(format!("{}: {}\n{}", shown, why, report))
        }
    }
}
