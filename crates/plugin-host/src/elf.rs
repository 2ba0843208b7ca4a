//! Looks into a shared library without loading it.

use std::env::consts::ARCH;

use object::{
    Architecture, Endianness, Object, ObjectKind, ObjectSection, ObjectSegment, ObjectSymbol,
    elf::{ELFCLASS64, ELFMAG},
    read::elf::ElfFile64,
};
use wazo_auth_core::manifest::{SECTION, SYMBOL};

/// What a panic needs to get out of a function.
const UNWINDER: &[u8] = b"_Unwind_RaiseException";

/// No manifest is longer.
const MAX_MANIFEST: usize = 64 * 1024;

/// A shared library for this machine.
pub(crate) struct Library<'data> {
    file: ElfFile64<'data, Endianness>,
}

impl<'data> Library<'data> {
    /// Reads the headers of a file.
    pub(crate) fn parse(bytes: &'data [u8]) -> Result<Self, String> {
        if !bytes.starts_with(&ELFMAG) {
            return Err("it is no shared library (no ELF file); remove it".to_owned());
        }
        if bytes.get(4).copied() != Some(ELFCLASS64.0) {
            return Err("it is no 64-bit library; rebuild it for this machine".to_owned());
        }
        let file = ElfFile64::<Endianness>::parse(bytes)
            .map_err(|error| format!("it is a damaged ELF file ({error}); copy it again"))?;
        if file.architecture() != machine()
            || file.is_little_endian() != cfg!(target_endian = "little")
        {
            return Err(format!(
                "it was built for {:?}, this machine is {ARCH}; rebuild it for this machine",
                file.architecture()
            ));
        }
        if file.kind() != ObjectKind::Dynamic {
            return Err(format!(
                "it is an ELF file, but no shared library ({:?}); build it as a cdylib",
                file.kind()
            ));
        }
        Ok(Self { file })
    }

    /// The bytes of the manifest.
    pub(crate) fn manifest(&self) -> Result<&'data [u8], String> {
        let bytes = match self.file.section_by_name(SECTION) {
            Some(section) => section.data().ok(),
            None => self.symbol(SYMBOL.as_bytes()),
        };
        let bytes = bytes.ok_or(
            "it is no wazo-auth plugin (it carries no manifest); export one or remove the file",
        )?;
        if bytes.len() > MAX_MANIFEST {
            return Err("its manifest is too long; rebuild it".to_owned());
        }
        Ok(bytes)
    }

    /// What an exported symbol covers.
    fn symbol(&self, name: &[u8]) -> Option<&'data [u8]> {
        let symbol = self
            .file
            .dynamic_symbols()
            .find(|symbol| symbol.is_definition() && symbol.name_bytes() == Ok(name))?;
        self.file
            .segments()
            .find_map(|segment| segment.data_range(symbol.address(), symbol.size()).ok()?)
    }

    /// Whether its code can raise a panic that somebody may catch.
    pub(crate) fn can_unwind(&self) -> bool {
        self.file.dynamic_symbols().any(|symbol| {
            symbol.is_undefined()
                && symbol
                    .name_bytes()
                    .is_ok_and(|name| name.starts_with(UNWINDER))
        })
    }
}

/// The architecture that this daemon was built for.
fn machine() -> Architecture {
    match ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "riscv64" => Architecture::Riscv64,
        "loongarch64" => Architecture::LoongArch64,
        "powerpc64" => Architecture::PowerPc64,
        "s390x" => Architecture::S390x,
        "sparc64" => Architecture::Sparc64,
        "mips64" => Architecture::Mips64,
        _ => Architecture::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        Library::parse(bytes).err().unwrap_or_default()
    }

    #[test]
    fn what_is_no_library_for_this_machine_is_named() {
        assert!(reason(b"hello").contains("no shared library (no ELF file)"));
        assert!(reason(b"\x7fELF\x01").contains("no 64-bit library"));
        assert!(reason(b"\x7fELF\x02\x01\x01").contains("damaged ELF file"));
    }

    #[test]
    fn every_beginning_of_a_library_is_read_or_refused_but_never_panics() {
        let own = std::fs::read("/proc/self/exe").unwrap_or_default();
        for end in (0..own.len().min(8192)).step_by(13) {
            let _ = Library::parse(own.get(..end).unwrap_or_default());
        }
        // This very program: an ELF file for this machine that is no plugin.
        if let Ok(library) = Library::parse(&own) {
            assert!(library.manifest().is_err());
            assert!(library.can_unwind());
        }
    }
}
