//! Compiles the contracts in `proto/` with protox, so that no protoc is needed.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(
        ["speechtag/v1/tagging.proto", "speechtag/v1/model.proto", "speechtag/v1/admin.proto"],
        ["proto"],
    )?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("speechtag.v1.bin"), prost::Message::encode_to_vec(&descriptors))?;
    tonic_prost_build::configure()
        // It counts fields before it decodes; see service/codec.rs.
        .codec_path("crate::service::codec::Codec")
        .compile_fds(descriptors)?;
    Ok(())
}
