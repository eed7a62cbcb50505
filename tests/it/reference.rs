//! docs/reference.md says what the contracts say. `UPDATE_REFERENCE=1 cargo test --release reference` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet, ServiceDescriptorProto,
};
use speechtag::service::pb::FILE_DESCRIPTOR_SET;

const PATH: &str = "docs/reference.md";

/// Comments of one file, by the place of what they stand above.
struct Comments(BTreeMap<Vec<i32>, String>);

impl Comments {
    fn of(file: &FileDescriptorProto) -> Self {
        let locations = &file.source_code_info.as_ref().expect("the contracts keep their comments").location;
        Self(locations.iter().map(|l| (l.path.clone(), one_line(l.leading_comments()))).collect())
    }

    fn at(&self, path: &[i32]) -> &str {
        self.0
            .get(path)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| panic!("no comment at {path:?}"))
    }
}

fn one_line(comment: &str) -> String {
    comment.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn short(full: &str) -> &str {
    full.rsplit('.').next().unwrap()
}

fn link(full: &str) -> String {
    format!("[{0}](#{1})", short(full), short(full).to_lowercase())
}

fn kind(field: &FieldDescriptorProto) -> String {
    let of = match field.r#type() {
        Type::Message => link(field.type_name()),
        other => other.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    match (field.label(), field.proto3_optional()) {
        (Label::Repeated, _) => format!("repeated {of}"),
        (_, true) => format!("optional {of}"),
        _ => of,
    }
}

fn service(out: &mut String, service: &ServiceDescriptorProto, comments: &Comments, path: &[i32]) {
    write!(
        out,
        "\n## {}\n\n{}\n\n| call | request | response | |\n|---|---|---|---|\n",
        service.name(),
        comments.at(path)
    )
    .unwrap();
    for (i, method) in (0..).zip(&service.method) {
        let side = |streams: bool, of: &str| format!("{}{}", if streams { "stream of " } else { "" }, link(of));
        let request = side(method.client_streaming(), method.input_type());
        let response = side(method.server_streaming(), method.output_type());
        let comment = comments.at(&[path, &[2, i]].concat());
        writeln!(out, "| `{}` | {request} | {response} | {comment} |", method.name()).unwrap();
    }
}

fn message(out: &mut String, message: &DescriptorProto, comments: &Comments, path: &[i32]) {
    write!(out, "\n### {}\n\n{}\n", message.name(), comments.at(path)).unwrap();
    if !message.field.is_empty() {
        out.push_str("\n| field | number | type | |\n|---|---|---|---|\n");
    }
    for (i, field) in (0..).zip(&message.field) {
        let comment = comments.at(&[path, &[2, i]].concat());
        let choice = field.oneof_index.filter(|_| !field.proto3_optional());
        let choice = choice.map(|nr| format!(" (one of `{}`)", message.oneof_decl[nr as usize].name()));
        let (name, kind) = (field.name(), kind(field));
        writeln!(out, "| `{name}` | {} | {kind}{} | {comment} |", field.number(), choice.unwrap_or_default()).unwrap();
    }
}

#[test]
fn the_reference_is_that_of_the_contracts() {
    let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
    let mut services = String::new();
    let mut messages = String::new();
    for file in &set.file {
        let comments = Comments::of(file);
        for (i, s) in (0..).zip(&file.service) {
            service(&mut services, s, &comments, &[6, i]);
        }
        for (i, m) in (0..).zip(&file.message_type) {
            message(&mut messages, m, &comments, &[4, i]);
        }
    }
    let reference = format!(
        "# Reference of the gRPC contracts\n\n<!-- made from proto/ by tests/it/reference.rs; do not edit -->\n\nPackage `speechtag.v1`. How to use it: [api.md](api.md).\n{services}\n## Messages\n{messages}"
    );
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(PATH, &reference).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PATH).unwrap_or_default(), reference, "UPDATE_REFERENCE=1 writes it anew");
}
