//! Models come and go under traffic: versions, aliases, bad files.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use speechtag::features::Analyzer;
use speechtag::model::{Corpus, train};
use speechtag::service::pb::admin_service_client::AdminServiceClient;
use speechtag::service::pb::{self, tag_result::Outcome};
use speechtag::service::{Config, Registry};
use tonic::Code;
use tonic::transport::Channel;

use crate::common::{Service, config, document, eventually, refusal};

const TEXT: &str = "今天召开全县安全生产工作会议，各乡镇务必抓好落实，严防事故发生，确保一方平安。";

/// A small model whose labels begin with its version, so that a mixed answer shows.
fn small(version: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let label = |id: &str| format!("[[axis.label]]\nid = \"v{version}-{id}\"\nzh = \"{id}\"\nen = \"{id}\"\n");
    let recipe = format!(
        "name = \"small\"\nversion = \"{version}\"\n[[axis]]\nid = \"kind\"\nzh = \"类\"\nen = \"kind\"\ntarget_precision = 0.5\n{}{}",
        label("farm"),
        label("school")
    );
    fs::write(folder.path().join("model.toml"), recipe).unwrap();
    let mut records = String::new();
    for i in 0..40 {
        let (id, words) = if i % 2 == 0 {
            ("farm", "各乡镇要抓好春耕生产，保障农田水利")
        } else {
            ("school", "各学校要抓好课堂教学，保障师生安全")
        };
        let record = serde_json::json!({
            "id": i.to_string(), "text": format!("同志们，今天开会讲第{i}件事。{words}。{}", words.repeat(i % 5 + 1)),
            "labels": {"kind": format!("v{version}-{id}")},
        });
        writeln!(records, "{record}").unwrap();
    }
    fs::write(folder.path().join("corpus.jsonl"), records).unwrap();
    let corpus = Corpus::read(folder.path()).unwrap();
    train(&corpus, &Analyzer::new().unwrap()).unwrap().model.to_bytes()
}

static ONE: LazyLock<Vec<u8>> = LazyLock::new(|| small("1.0.0"));
static TWO: LazyLock<Vec<u8>> = LazyLock::new(|| small("2.0.0"));

/// Puts a model file into the directory as operators should: beside, then renamed.
fn put(models: &Path, version: &str, bytes: &[u8]) {
    let beside = models.join(".new");
    fs::create_dir_all(&beside).unwrap();
    fs::write(beside.join("model.bin"), bytes).unwrap();
    let _ = fs::remove_dir_all(models.join(version));
    fs::rename(&beside, models.join(version)).unwrap();
}

async fn service(models: &Path) -> (Service, AdminServiceClient<Channel>) {
    let service = Service::of(Registry::new(Some(models.to_owned())), Config { admin: true, ..config() }).await;
    let admin = AdminServiceClient::new(service.channel().await);
    (service, admin)
}

fn names(models: &[pb::LoadedModel]) -> Vec<String> {
    let name = |m: &pb::LoadedModel| format!("{} {}", m.identity.as_ref().unwrap().version, m.aliases.join(","));
    models.iter().map(|m| name(m).trim_end().to_owned()).collect()
}

fn asking(model: &str) -> pb::TagDocumentRequest {
    let options = pb::TagOptions { model: model.to_owned(), ..Default::default() };
    pb::TagDocumentRequest { document: Some(document("", TEXT)), options: Some(options) }
}

#[tokio::test]
async fn versions_and_aliases_choose_the_model() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    put(models.path(), "b", &TWO);
    let (service, mut admin) = service(models.path()).await;
    let mut client = service.tagging().await;
    let mut version = async |model: &str| {
        let answer = client.tag_document(asking(model)).await.map(|answer| answer.into_inner().model.unwrap().version);
        answer.map_err(|status| refusal(&status).1)
    };
    assert_eq!(version("").await.unwrap(), "2.0.0");
    assert_eq!(version("small").await.unwrap(), "2.0.0");
    assert_eq!(version("small@1.0.0").await.unwrap(), "1.0.0");
    assert_eq!(version("canary").await.unwrap_err(), "MODEL_NOT_FOUND");

    let set = |alias: &str, model: &str| pb::SetModelAliasRequest { alias: alias.to_owned(), model: model.to_owned() };
    admin.set_model_alias(set("canary", "small@2.0.0")).await.unwrap();
    let loaded = admin.set_model_alias(set("stable", "small@1.0.0")).await.unwrap().into_inner().models;
    assert_eq!(names(&loaded), ["1.0.0 stable", "2.0.0 canary"]);
    assert_eq!(version("").await.unwrap(), "1.0.0");
    assert_eq!(version("canary").await.unwrap(), "2.0.0");
    assert!(fs::read_to_string(models.path().join("aliases.toml")).unwrap().contains("small@1.0.0"));

    for (alias, model, reason) in [("gold", "small@1.0.0", "ALIAS_NOT_FOUND"), ("stable", "small@3", "MODEL_NOT_FOUND")]
    {
        let status = admin.set_model_alias(set(alias, model)).await.unwrap_err();
        assert_eq!(refusal(&status).1, reason);
    }
    admin.set_model_alias(set("stable", "")).await.unwrap();
    assert_eq!(version("stable").await.unwrap(), "2.0.0");
    let listed = service.models().await.list_models(pb::ListModelsRequest {}).await.unwrap().into_inner();
    assert_eq!(names(&listed.loaded), ["2.0.0 canary", "1.0.0"]);
    let info = service.server.metrics().lines().filter(|line| line.starts_with("speechtag_model_info{")).count();
    assert_eq!(info, 2);
}

#[tokio::test]
async fn a_failed_reload_keeps_what_was_and_says_why() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    let (service, mut admin) = service(models.path()).await;
    // What an operator mistypes says nothing about the models.
    let mistyped = pb::SetModelAliasRequest { alias: "stable".to_owned(), model: "small@9".to_owned() };
    admin.set_model_alias(mistyped).await.unwrap_err();
    assert_eq!(service.metric("speechtag_model_reloads_total{result=\"error\"}"), 0);
    let last = "speechtag_last_load_ok{kind=\"models\"}";
    assert_eq!(service.metric(last), 1);
    put(models.path(), "b", &TWO[..TWO.len() / 2]);
    let status = admin.reload_models(pb::ReloadModelsRequest {}).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "UNUSABLE_MODEL".to_owned(), String::new()));
    assert!(status.message().contains("b/model.bin") && status.message().contains("is damaged"), "{status:?}");
    assert_eq!((service.metric("speechtag_model_reloads_total{result=\"error\"}"), service.metric(last)), (1, 0));
    fs::remove_dir_all(models.path().join("b")).unwrap();
    fs::write(models.path().join("aliases.toml"), "stable = \"small@7\"").unwrap();
    let status = admin.reload_models(pb::ReloadModelsRequest {}).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "UNUSABLE_MODEL".to_owned(), String::new()));
    let answer = service.tagging().await.tag_document(asking("")).await.unwrap().into_inner();
    assert_eq!(answer.model.unwrap().version, "1.0.0");
}

#[tokio::test]
async fn folders_of_the_file_system_are_passed_over_and_others_are_named() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    fs::create_dir(models.path().join("lost+found")).unwrap();
    let (_service, mut admin) = service(models.path()).await;
    fs::create_dir(models.path().join("notes")).unwrap();
    let status = admin.reload_models(pb::ReloadModelsRequest {}).await.unwrap_err();
    assert_eq!(refusal(&status).1, "UNUSABLE_MODEL");
    assert!(
        status.message().contains("notes/model.bin") && status.message().contains("begins with a dot"),
        "{status:?}"
    );
}

#[tokio::test]
async fn who_sets_an_alias_is_not_blamed_for_the_other() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    let (_service, mut admin) = service(models.path()).await;
    fs::write(models.path().join("aliases.toml"), "stable = \"small@9\"\n").unwrap();
    let canary = pb::SetModelAliasRequest { alias: "canary".to_owned(), model: "small@1.0.0".to_owned() };
    let status = admin.set_model_alias(canary).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "UNUSABLE_MODEL".to_owned(), String::new()));
    assert!(status.message().contains("aliases.stable") && status.message().contains("small@9"), "{status:?}");
    let stable = pb::SetModelAliasRequest { alias: "stable".to_owned(), model: "small@3".to_owned() };
    let status = admin.set_model_alias(stable).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::NotFound, "MODEL_NOT_FOUND".to_owned(), "model".to_owned()));
}

#[tokio::test]
async fn an_alias_that_is_not_set_is_no_failed_load() {
    let service = Service::with(Config { admin: true, ..config() }).await;
    let mut admin = AdminServiceClient::new(service.channel().await);
    let alias = pb::SetModelAliasRequest { alias: "stable".to_owned(), model: "speechtag-zh@0.1.0".to_owned() };
    // The shipped model has no folder to write aliases to.
    let status = admin.set_model_alias(alias).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::FailedPrecondition, "UNUSABLE_MODEL".to_owned(), String::new()));
    assert_eq!(service.metric("speechtag_last_load_ok{kind=\"models\"}"), 1);
    assert_eq!(service.metric("speechtag_model_reloads_total{result=\"error\"}"), 0);
}

#[tokio::test]
async fn an_operator_who_leaves_leaves_nothing_half_done() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    put(models.path(), "b", &TWO);
    let registry = Arc::new(Registry::new(Some(models.path().to_owned())));
    registry.reload().await.unwrap();
    let served = || registry.shelf().unwrap().find("stable", "model").unwrap().model().catalogue().version.clone();
    for version in ["1.0.0", "2.0.0", "1.0.0"] {
        let change = registry.set_alias("stable".to_owned(), Some(format!("small@{version}")));
        // Polled once and dropped, as the call of a client that goes away.
        let _ = futures_util::FutureExt::now_or_never(change);
        eventually(|| served() == version).await;
        let file = fs::read_to_string(models.path().join("aliases.toml")).unwrap();
        assert!(file.contains(&format!("small@{version}")), "{file}");
    }
}

#[tokio::test]
async fn the_directory_is_watched() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "a", &ONE);
    let service = Service::of(Registry::new(Some(models.path().to_owned())), Config { watch_ms: 20, ..config() }).await;
    put(models.path(), "b", &TWO);
    eventually(|| service.server.metrics().contains("version=\"2.0.0\"")).await;
    fs::remove_dir_all(models.path().join("b")).unwrap();
    eventually(|| !service.server.metrics().contains("version=\"2.0.0\"")).await;
    assert_eq!(service.metric("speechtag_model_reloads_total{result=\"error\"}"), 0);
}

/// What the n-th reload of the storm finds in the directory; false if it must be refused.
fn disturb(models: &Path, n: usize) -> bool {
    let place = models.join("b");
    let good = if n.is_multiple_of(2) { &*ONE } else { &*TWO };
    let mut bytes = good.clone();
    match n % 10 {
        3 => bytes.truncate(n % bytes.len()),
        5 => {
            let at = 64 + n * 7919 % (bytes.len() - 64);
            bytes[at] ^= 1 << (n % 8);
        }
        6 => bytes[10] = 9,
        7 => bytes.clear(),
        8 => {
            let _ = fs::remove_dir_all(&place);
            return false;
        }
        _ => {
            put(models, "b", &bytes);
            return true;
        }
    }
    put(models, "b", &bytes);
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reloads_under_load_fail_no_call_and_mix_no_models() {
    let models = tempfile::tempdir().unwrap();
    put(models.path(), "b", &ONE);
    let (service, mut admin) = service(models.path()).await;
    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4)
        .map(|nr| {
            let (channel, done) = (service.tagging(), Arc::clone(&done));
            (nr, done, channel)
        })
        .collect();
    let mut tasks = Vec::new();
    for (nr, done, client) in callers {
        let mut client = client.await;
        tasks.push(tokio::spawn(async move {
            let mut versions = std::collections::BTreeMap::<String, usize>::new();
            while !done.load(Ordering::Relaxed) {
                let (results, model) = if nr % 2 == 0 {
                    let documents = vec![document("", TEXT); 8];
                    let batch = pb::BatchTagDocumentsRequest { documents, options: None };
                    let answer = client.batch_tag_documents(batch).await.expect("no call fails").into_inner();
                    (answer.results, answer.model)
                } else {
                    let answer = client.tag_document(asking("")).await.expect("no call fails").into_inner();
                    let outcome = answer.document.map(Outcome::Document);
                    (vec![pb::TagResult { outcome, ..Default::default() }], answer.model)
                };
                let version = model.unwrap().version;
                for result in results {
                    let Some(Outcome::Document(tagged)) = result.outcome else { panic!("{result:?}") };
                    for label in tagged.speeches.iter().flat_map(|s| &s.tags).flat_map(|tag| &tag.alternatives) {
                        assert!(label.label.starts_with(&format!("v{version}-")), "{} from {version}", label.label);
                    }
                }
                *versions.entry(version).or_default() += 1;
            }
            versions
        }));
    }
    for n in 0..1_000 {
        let good = disturb(models.path(), n);
        let answer = admin.reload_models(pb::ReloadModelsRequest {}).await;
        assert_eq!(answer.is_ok(), good, "reload {n}: {answer:?}");
    }
    done.store(true, Ordering::Relaxed);
    for task in tasks {
        let versions = task.await.unwrap();
        assert!(versions.len() == 2, "both models answered: {versions:?}");
    }
    assert_eq!(service.metric("speechtag_model_reloads_total{result=\"ok\"}"), 1 + 500);
}
