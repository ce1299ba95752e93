"""What a command may use."""

from dataclasses import dataclass

from trimtab.vocabulary.kernel import Invalid

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Processor time, memory, file size and open files are of each process; `processes`, threads too, of all together.

    More than `output_bytes` of output ends the command. After `grace_s` what does not end when asked is killed.
    """

    cpu_s: int = 30
    memory_bytes: int = 2048 * MIB
    file_bytes: int = 100 * MIB
    open_files: int = 256
    processes: int = 32
    output_bytes: int = MIB
    grace_s: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise Invalid(f"{name} is {getattr(self, name)}", hint="give a number above 0")

    def launcher(self, prlimit: str, already: int) -> list[str]:
        """The words before a command that set these limits; `already` are the tasks that count against it before it begins."""
        return [
            prlimit,
            f"--cpu={self.cpu_s}",
            f"--as={self.memory_bytes}",
            f"--fsize={self.file_bytes}",
            f"--nofile={self.open_files}",
            f"--nproc={already + self.processes}",
            "--core=0",
            "--",
        ]
