//! What the system says of this process, under the names that every exporter gives them.

use prometheus_client::registry::Registry;

/// CPU, memory, files and the start of this process; nothing where the system has no /proc.
pub fn process() -> Registry {
    #[allow(unused_mut, reason = "nothing is added on other systems")]
    let mut registry = Registry::with_prefix("process");
    #[cfg(target_os = "linux")]
    // What can't be read is left out: a scrape has more to say.
    let _ = linux::read(&mut registry);
    registry
}

#[cfg(target_os = "linux")]
mod linux {
    use procfs::{CurrentSI, WithCurrentSystemInfo, process::Process};
    use prometheus_client::{
        metrics::{counter::ConstCounter, gauge::ConstGauge},
        registry::{Registry, Unit},
    };

    pub fn read(registry: &mut Registry) -> procfs::ProcResult<()> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let ticks = procfs::ticks_per_second();
        let cpu = (stat.utime + stat.stime) as f64 / ticks as f64;
        registry.register_with_unit(
            "cpu",
            "Processor time, in and for it",
            Unit::Seconds,
            ConstCounter::new(cpu),
        );
        let resident = stat.rss_bytes().get();
        registry.register_with_unit(
            "resident_memory",
            "Memory in use",
            Unit::Bytes,
            ConstGauge::new(resident),
        );
        registry.register(
            "open_fds",
            "Files and sockets open",
            ConstGauge::new(process.fd_count()? as u64),
        );
        if let procfs::process::LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
            registry.register("max_fds", "Files and sockets that may be open", ConstGauge::new(most));
        }
        let boot = procfs::KernelStats::current()?.btime;
        let start = boot as f64 + stat.starttime as f64 / ticks as f64;
        registry.register_with_unit(
            "start_time",
            "When it began, since 1970",
            Unit::Seconds,
            ConstGauge::new(start),
        );
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::process;
    use crate::exposition::open_metrics;

    #[test]
    fn this_process_uses_memory_and_files() {
        let text = open_metrics(&[&process()]).unwrap();
        let value = |name: &str| -> f64 {
            let line = text
                .lines()
                .find(|line| line.starts_with(&format!("{name} ")))
                .expect(name);
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        assert!(value("process_resident_memory_bytes") > 1e5);
        assert!(value("process_open_fds") >= 3.0);
        assert!(value("process_cpu_seconds_total") >= 0.0);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        assert!((now - 3600.0..now + 2.0).contains(&value("process_start_time_seconds")));
    }
}
