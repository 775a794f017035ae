#[path = "gallery/figures.rs"]
mod figures;
fn main(){ let t=std::time::Instant::now(); let n=figures::all().unwrap().len(); println!("{n} built in {:?}", t.elapsed()); }
