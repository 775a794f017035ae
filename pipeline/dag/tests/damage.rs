//! What is stored or remembered is damaged: it is noticed, and made again.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use dag::{Engine, Graph, Options, Outcome};
use support::{Space, Study, damage, files, stages};

fn built() -> (Space, Study) {
    let (space, study) = (Space::new(), Study::default());
    assert!(space.build(&study).succeeded());
    (space, study)
}

/// The outputs are removed, so that everything must come out of the store or be made again.
#[track_caller]
fn assert_comes_back(space: &Space, study: &Study, right: &std::collections::BTreeMap<String, String>, what: &str) {
    fs::remove_dir_all(space.path("derived")).unwrap();
    let report = space.build(study);
    assert!(report.succeeded(), "{what}: {report:#?}");
    assert_eq!(space.derived(), *right, "{what}");
    assert_eq!(space.build(study).fresh().len(), 5, "{what}");
}

#[test]
fn a_flipped_bit_in_any_stored_content_is_noticed() {
    let (space, study) = built();
    let right = space.derived();
    let contents = files(&space.path(".joulebook/store/objects"));
    assert_eq!(contents.len(), 5, "two of the outputs are the same");
    for content in &contents {
        let mut bytes = fs::read(content).unwrap();
        for at in [0, bytes.len() - 1] {
            bytes[at] ^= 1;
            damage(content, &bytes);
            assert_comes_back(&space, &study, &right, &format!("bit at {at} of {}", content.display()));
            bytes[at] ^= 1;
            assert_eq!(fs::read(content).unwrap(), bytes, "it is mended");
        }
        damage(content, b"");
        assert_comes_back(&space, &study, &right, "emptied content");
    }
}

#[test]
fn a_cut_or_flipped_manifest_is_noticed() {
    let (space, study) = built();
    let right = space.derived();
    let manifests = files(&space.path(".joulebook/store/actions"));
    assert_eq!(manifests.len(), 5);
    for (i, manifest) in manifests.iter().enumerate() {
        let whole = fs::read(manifest).unwrap();
        let cuts = [0, 1, 64, 65, whole.len() / 2, whole.len() - 2, whole.len() - 1];
        let cut = &whole[..cuts[i % cuts.len()]];
        damage(manifest, cut);
        // Without the state the manifest is all there is.
        fs::remove_file(space.path(".joulebook/state")).unwrap();
        assert_comes_back(&space, &study, &right, "cut manifest");
        assert!(fs::read(manifest).unwrap().len() > cut.len(), "it is written again");
        let mut flipped = fs::read(manifest).unwrap();
        // In the digest of an output: without a checksum a build would look for another content.
        let at = flipped.windows(8).position(|window| window == b"\"digest\"").unwrap() + 12;
        flipped[at] ^= 1;
        damage(manifest, &flipped);
        fs::remove_file(space.path(".joulebook/state")).unwrap();
        assert_comes_back(&space, &study, &right, "flipped manifest");
    }
}

#[test]
fn a_cut_or_flipped_state_costs_a_look_and_nothing_else() {
    let (space, study) = built();
    let state = space.path(".joulebook/state");
    let whole = fs::read(&state).unwrap();
    for cut in [0, 11, 12, 44, whole.len() / 2, whole.len() - 1] {
        fs::write(&state, &whole[..cut]).unwrap();
        let report = space.build(&study);
        assert_eq!((report.ran().len(), report.restored().len()), (0, 5), "cut at {cut}");
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&state, flipped).unwrap();
    assert_eq!(space.build(&study).restored().len(), 5);
}

#[test]
fn a_state_from_another_workspace_is_not_believed() {
    let (space, study) = built();
    let other = Space::new();
    other.write("raw/a.log", "# watts\n7\n7\n");
    other.build(&study);
    fs::copy(other.path(".joulebook/state"), space.path(".joulebook/state")).unwrap();
    let right = space.derived();
    let report = space.build(&study);
    assert!(report.succeeded());
    assert_eq!(space.derived(), right);
}

/// A clock that was set back leaves files from the future, for which no age can be told.
#[test]
fn files_from_the_future_are_looked_into_each_time() {
    let (space, study) = built();
    let future = SystemTime::now() + Duration::from_secs(3600);
    let set = |path: &str, text: &str| {
        fs::write(space.path(path), text).unwrap();
        fs::File::options().write(true).open(space.path(path)).unwrap().set_modified(future).unwrap();
    };
    set("raw/a.log", "1\n2\n3\n");
    assert_eq!(space.build(&study).ran(), ["s/clean/a"], "the comment is gone, the numbers are the same");
    // The same length and the same date: only its content tells.
    set("raw/a.log", "1\n2\n4\n");
    assert!(space.build(&study).ran().contains(&"s/stats/sum"));
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 7\nmax 5\n");
    // An output, likewise.
    set("derived/sum.txt", "8\n");
    assert_eq!(space.build(&study).restored(), ["s/stats/sum"]);
    assert_eq!(space.read("derived/sum.txt"), "7\n");
}

/// Outputs are dated back; on a clock that was set back they are younger than everything else.
#[test]
fn an_old_date_on_a_new_content_is_noticed() {
    let (space, study) = built();
    let old = fs::metadata(space.path("derived/sum.txt")).unwrap().modified().unwrap();
    fs::write(space.path("derived/sum.txt"), "9\n").unwrap();
    let file = fs::File::options().write(true).open(space.path("derived/sum.txt")).unwrap();
    file.set_modified(old).unwrap();
    // Size, date and inode are the same: the change time tells.
    assert_eq!(space.build(&study).restored(), ["s/stats/sum"]);
    assert_eq!(space.read("derived/sum.txt"), "6\n");
}

#[test]
fn a_read_only_output_is_replaced() {
    let (space, study) = built();
    let sum = space.path("derived/sum.txt");
    fs::set_permissions(&sum, fs::Permissions::from_mode(0o444)).unwrap();
    space.write("raw/a.log", "9\n");
    assert!(space.build(&study).succeeded());
    assert_eq!(space.read("derived/sum.txt"), "9\n");
}

#[test]
fn a_full_disk_under_the_store_is_named_and_costs_nothing_that_was_built() {
    let (space, study) = built();
    let small = space.path("small");
    fs::create_dir(&small).unwrap();
    let mount =
        std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&small).status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("skipped: this test mounts a tmpfs, which needs more rights than it has here");
        return;
    }
    let build = |study: &Study| {
        let mut options = Options::new(space.root());
        options.folder = small.join("engine");
        Engine::open(options)?.build(&Graph::new(stages(study)).unwrap(), &[], &())
    };
    let first = build(&study);
    // Fills the disk to the last page.
    let _ = fs::write(small.join("filler"), vec![0; 1 << 20]);
    let before = space.derived();
    space.write("raw/a.log", "70\n");
    let full = build(&study);
    let then = space.derived();
    fs::remove_file(small.join("filler")).unwrap();
    let after = build(&study);
    std::process::Command::new("umount").arg(&small).status().unwrap();
    assert!(first.unwrap().succeeded());
    // It may not even get as far as to the stages.
    match full {
        Err(error) => assert!(error.to_string().contains("free some space"), "{error}"),
        Ok(report) => {
            assert!(!report.succeeded());
            let told = report.stages.iter().find_map(|stage| match &stage.outcome {
                Outcome::Failed(problem) => Some(problem.to_string()),
                _ => None,
            });
            assert!(told.as_ref().unwrap().contains("free some space"), "{told:?}");
        }
    }
    assert_eq!(then, before, "what was built stays");
    assert!(after.unwrap().succeeded());
    assert_eq!(space.read("derived/papers/paper.txt"), "sum 70\nmax 5\n");
}
